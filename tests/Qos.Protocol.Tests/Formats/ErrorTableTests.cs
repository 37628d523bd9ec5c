using System.Buffers.Binary;
using System.Text;
using Qos.Keys;
using Qos.Nsm;

namespace Qos.Protocol.Tests;

/// <summary>Every error of the specification's lists by name, index and what it carries, in both encodings. Format: docs/protocol/messages.md, Messages.</summary>
public sealed class ErrorTableTests
{
    private const string Errors =
        "InvalidShare, ReconstructionErrorEmptySecret, ReconstructionErrorIncorrectPubKey, IOError, "
        + "InvalidManifestApproval(approval), NotEnoughApprovals, NoMatchingRoute(phase), "
        + "InvalidPivotHash{two}, OversizeMsg, InvalidMsg, EnclaveClient, "
        + "DecryptionFailed, InvalidPrivateKey, FailedToParseFromString, BadEphemeralKeyPath, "
        + "CannotModifyPostPivotStatic, FailedToGetEphemeralKey(key), FailedToPutEphemeralKey, "
        + "CannotRotateNonExistentEphemeralKey, CannotDeleteEphemeralKey(text), FailedToGetQuorumKey(key), "
        + "FailedToPutQuorumKey, FailedToGetManifestEnvelope, FailedToPutManifestEnvelope, FailedToPutPivot, "
        + "AppClientRecvTimeout, AppClientRecvInterrupted, AppClientRecvConnectionClosed, "
        + "AppClientConnectError(text), AppClientSendError(text), AppClientError(text), OversizedPayload, "
        + "ProtocolMsgDeserialization, BadShareSetApprovals, CouldNotVerifyApproval, NotShareSetMember, "
        + "NotManifestSetMember, P256Error(key), InvalidP256DRKey(key), IncorrectSecretLen, "
        + "QosAttestError(text), DifferentQuorumKey{two}, DifferentManifestSet{two}, "
        + "DifferentNamespaceName{two}, LowNonce{nonces}, DifferentPcr3{two}, "
        + "MissingEphemeralKey, InvalidEphemeralKey, InvalidEncryptedQuorumKeySignature, "
        + "EncryptedQuorumKeyInvalidLen, InvalidQuorumSecret, WrongQuorumKey, InvalidStateTransition(phases), "
        + "DuplicateApproval, DifferentManifest{two}, QosCrypto(text), PoolExpandError, "
        + "InvalidPivotEnv(text), MissingLiveEphemeralKey, DuplicateQuorumMember, LegacyGenesisNotSupported";

    private const string KeyErrors =
        "QosHex(text), IOError(text), FailedToSerializeEnvelope, FailedToDeserializeEnvelope, AesGcm256DecryptError, AesGcm256EncryptError, "
        + "FailedToCreateAes256GcmCipher, FailedToDeserializePublicKey, FailedToCoercePublicKeyToIntendedLength, FailedToCoerceNonceToIntendedLength, "
        + "FailedToDeserializeSignature, FailedSignatureVerification, FailedToReadSecret, FailedToReadPublicKey, EncodedPublicKeyTooLong, "
        + "EncodedPublicKeyTooShort, HkdfExpansionFailed, MasterSeedInvalidUtf8, MasterSeedInvalidLength, InvalidMasterSeed, CannotCoerceLenToU8";

    private const string NsmErrors =
        "Success, InvalidArgument, InvalidIndex, InvalidResponse, ReadOnlyIndex, InvalidOperation, BufferTooSmall, InputTooLarge, InternalError";

    private const string Phases =
        "UnrecoverableError, WaitingForBootInstruction, GenesisBooted, WaitingForQuorumShards, QuorumKeyProvisioned, WaitingForForwardedKey";

    public static TheoryData<int, string> ErrorRows => Rows(Errors);

    public static TheoryData<int, string> KeyErrorRows => Rows(KeyErrors);

    [Theory]
    [MemberData(nameof(ErrorRows))]
    public void An_error(int index, string row)
    {
        string name = row.Split('(', '{')[0];
        var code = Enum.Parse<ProtocolErrorCode>(name);
        byte[] text = [1, 0, 0, 0, (byte)'t'];
        (ProtocolError error, string json, byte[] borsh) = row[name.Length..] switch
        {
            "" => (new ProtocolError(code), "", Array.Empty<byte>()),
            "(text)" => (ProtocolError.WithText(code, "t"), "\"t\"", text),
            "(key)" => (ProtocolError.WithKeyError(code, KeyError.InvalidMasterSeed), "\"InvalidMasterSeed\"", [19]),
            "(phase)" => (ProtocolError.NoMatchingRoute(ProtocolPhase.QuorumKeyProvisioned), "\"QuorumKeyProvisioned\"", [4]),
            "(phases)" => (
                ProtocolError.InvalidStateTransition(ProtocolPhase.GenesisBooted, ProtocolPhase.WaitingForForwardedKey),
                "[\"GenesisBooted\",\"WaitingForForwardedKey\"]",
                [2, 5]),
            "{two}" => (ProtocolError.WithDifference(code, "t", "tt"), "{\"actual\":\"tt\",\"expected\":\"t\"}", [.. text, 2, 0, 0, 0, .. "tt"u8]),
            "{nonces}" => (ProtocolError.LowNonce(7, 6), "{\"actual\":\"6\",\"expected\":\"7\"}", [7, 0, 0, 0, 6, 0, 0, 0]),
            _ => (
                ProtocolError.InvalidManifestApproval(new Approval(new byte[] { 1 }, new QuorumMember("t", new byte[] { 2, 3 }))),
                "{\"member\":{\"alias\":\"t\",\"pubKey\":\"0203\"},\"signature\":\"01\"}",
                [1, 0, 0, 0, 1, .. text, 2, 0, 0, 0, 2, 3]),
        };
        AssertForms(error, json.Length == 0 ? $"\"{name}\"" : $"{{\"{name}\":{json}}}", [(byte)index, .. borsh]);
    }

    [Theory]
    [MemberData(nameof(KeyErrorRows))]
    public void A_key_error(int index, string row)
    {
        string name = row.Split('(')[0];
        bool hasText = row != name;
        ProtocolError error = ProtocolError.WithKeyError(ProtocolErrorCode.P256Error, Enum.Parse<KeyError>(name), hasText ? "t" : null);
        byte[] text = hasText ? [1, 0, 0, 0, (byte)'t'] : [];
        AssertForms(error, $"{{\"P256Error\":{(hasText ? $"{{\"{name}\":\"t\"}}" : $"\"{name}\"")}}}", [37, (byte)index, .. text]);
    }

    [Fact]
    public void Errors_of_the_module_and_phases()
    {
        foreach ((int index, string name) in NsmErrors.Split(", ").Index())
        {
            var message = new ProtocolMessage.BootStandardResponse(new NsmResponse.Error(Enum.Parse<NsmError>(name)));
            AssertForms(message, $"{{\"bootStandardResponse\":{{\"nsm_response\":{{\"error\":\"{name}\"}}}}}}", [4, 7, (byte)index]);
        }

        foreach ((int index, string name) in Phases.Split(", ").Index())
            AssertForms(new ProtocolMessage.StatusResponse(Enum.Parse<ProtocolPhase>(name)), $"{{\"statusResponse\":\"{name}\"}}", [2, (byte)index]);
    }

    // The vectors have no answer of these two; their form is the specification's.
    [Fact]
    public void The_modules_description_and_random_bytes()
    {
        var description = new NsmResponse.DescribeNsm(1, 2, 3, "t", 32, [0, 16, 300], NsmDigest.Sha384);
        byte[] borsh = [4, 4, 1, 0, 2, 0, 3, 0, 1, 0, 0, 0, (byte)'t', 32, 0, 3, 0, 0, 0, 0, 0, 16, 0, 0, 0, 1];
        BinaryPrimitives.WriteUInt16LittleEndian(borsh.AsSpan(^3), 300);
        AssertForms(
            new ProtocolMessage.BootStandardResponse(description),
            "{\"bootStandardResponse\":{\"nsm_response\":{\"describeNSM\":{\"digest\":\"SHA384\",\"locked_pcrs\":[\"0\",\"16\",\"300\"],\"max_pcrs\":\"32\","
            + "\"module_id\":\"t\",\"version_major\":\"1\",\"version_minor\":\"2\",\"version_patch\":\"3\"}}}}",
            borsh);
        AssertForms(
            new ProtocolMessage.BootStandardResponse(new NsmResponse.GetRandom(new byte[] { 5, 6 })),
            "{\"bootStandardResponse\":{\"nsm_response\":{\"getRandom\":{\"random\":\"0506\"}}}}",
            [4, 6, 2, 0, 0, 0, 5, 6]);
    }

    private static void AssertForms(ProtocolError error, string json, byte[] borsh) =>
        AssertForms(new ProtocolMessage.ProtocolErrorResponse(error), $"{{\"protocolErrorResponse\":{json}}}", [0, .. borsh]);

    private static void AssertForms(ProtocolMessage message, string json, byte[] borsh)
    {
        Assert.Equal(json, Text(MessageCodec.Encode(message, WireEncoding.Json)));
        Assert.Equal(Convert.ToHexString(borsh), Convert.ToHexString(MessageCodec.Encode(message, WireEncoding.Borsh)));
        foreach (byte[] encoded in (byte[][])[Encoding.UTF8.GetBytes(json), borsh])
            Assert.Equal(json, Text(MessageCodec.Encode(MessageCodec.Decode(encoded).Message, WireEncoding.Json)));
    }

    private static TheoryData<int, string> Rows(string list)
    {
        var rows = new TheoryData<int, string>();
        foreach ((int index, string row) in list.Split(", ").Index())
            rows.Add(index, row);
        return rows;
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
