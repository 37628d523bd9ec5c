using System.Security.Cryptography;
using Qos.Nsm;

namespace Qos.Simulator;

/// <summary>
/// A complete Nitro Secure Module in software: every request, the PCR bank with its locks, documents that verify under the simulator's
/// root and never under AWS's. Each instance is a new module with a clean bank. Format: docs/protocol/nsm.md, The simulator.
/// </summary>
public sealed class SoftwareNsm : INsm, IDisposable
{
    private const int MaxUserData = 512;
    private const int MaxNonce = 512;
    private const int MaxPublicKey = 1024;
    private const int RandomSize = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<NsmRequestKind, int> _seen = [];
    private readonly PcrBank _bank;
    private readonly TimeProvider _time;
    private readonly SimulatorPki _pki;
    private readonly bool _ownsPki;
    private volatile NsmFaults _faults;

    /// <summary>Starts a module.</summary>
    /// <exception cref="ArgumentException">A PCR of the options has another length than 48 bytes or an index above 31.</exception>
    public SoftwareNsm(SoftwareNsmOptions? options = null)
    {
        options ??= new SoftwareNsmOptions();
        _bank = new PcrBank(options.Pcrs);
        _time = options.TimeProvider;
        _ownsPki = options.Pki is null;
        _pki = options.Pki ?? SimulatorPki.Create(options.TimeProvider);
        _faults = options.Faults;
        ModuleId = options.ModuleId
            ?? $"sim-{RandomNumberGenerator.GetHexString(17, lowercase: true)}-enc{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
    }

    /// <summary>The module's name, in its description and its documents.</summary>
    public string ModuleId { get; }

    /// <summary>The authority that signs the module's documents.</summary>
    public SimulatorPki Pki => _pki;

    /// <summary>What the module does wrong, from the next request on.</summary>
    public NsmFaults Faults
    {
        get => _faults;
        set => _faults = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <inheritdoc/>
    /// <remarks>Request and answer pass through their CBOR, so that a caller meets what it would meet above the device.</remarks>
    public NsmResponse Send(NsmRequest request) => NsmCodec.DecodeResponse(Answer(NsmCodec.EncodeRequest(request)));

    /// <summary>Answers a request as the device's driver would: CBOR in, CBOR out. What is not a request is answered with an error.</summary>
    public byte[] Answer(ReadOnlyMemory<byte> request)
    {
        byte[] answer = NsmCodec.EncodeResponse(Respond(request));
        return Faults.Damage switch
        {
            AnswerDamage.Truncated => answer[..(answer.Length / 2)],
            AnswerDamage.Garbage => [0xFF, .. answer],
            AnswerDamage.Trailing => [.. answer, 0x00],
            _ => answer,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsPki)
            _pki.Dispose();
    }

    private NsmResponse Respond(ReadOnlyMemory<byte> encoded)
    {
        if (encoded.Length > NsmRequest.MaxSize)
            return new NsmResponse.Error(NsmError.InputTooLarge);

        NsmRequest request;
        try
        {
            request = NsmCodec.DecodeRequest(encoded);
        }
        catch (NsmException)
        {
            return new NsmResponse.Error(NsmError.InvalidOperation);
        }

        Faults.BeforeAnswer?.Invoke(request);
        lock (_gate)
            return InjectedError(KindOf(request)) is { } error ? new NsmResponse.Error(error) : Execute(request);
    }

    private NsmError? InjectedError(NsmRequestKind kind)
    {
        int count = _seen[kind] = _seen.GetValueOrDefault(kind) + 1;
        return _faults.Errors.FirstOrDefault(fault => fault.Kind == kind && count >= fault.From)?.Error;
    }

    private NsmResponse Execute(NsmRequest request) => request switch
    {
        NsmRequest.DescribeNsm => Describe(),
        NsmRequest.DescribePcr { Index: < Pcr.Count } describe =>
            new NsmResponse.DescribePcr(LockShown(describe.Index), _bank.Value(describe.Index)),
        NsmRequest.ExtendPcr { Index: < Pcr.Count } extend => Extend(extend.Index, extend.Data.Span),
        NsmRequest.LockPcr { Index: < Pcr.Count } one => LockOne(one.Index),
        NsmRequest.LockPcrs { Range: <= Pcr.Count } many => LockRange(many.Range),
        NsmRequest.Attestation attestation => Attest(attestation),
        NsmRequest.GetRandom => new NsmResponse.GetRandom(RandomNumberGenerator.GetBytes(RandomSize)),
        _ => new NsmResponse.Error(NsmError.InvalidIndex),
    };

    private NsmResponse.DescribeNsm Describe() => new(
        1, 0, 0, ModuleId, Pcr.Count,
        [.. Enumerable.Range(0, Pcr.Count).Where(LockShown).Select(index => (ushort)index)],
        NsmDigest.Sha384);

    private bool LockShown(int index) => _faults.ClaimsAllLocked || _bank.IsLocked(index);

    private NsmResponse Extend(ushort index, ReadOnlySpan<byte> data)
    {
        if (_bank.IsLocked(index))
            return new NsmResponse.Error(NsmError.ReadOnlyIndex);

        byte[] value = Pcr.Extend(_bank.Value(index), data);
        if (_faults.WrongPcrAfterExtend)
            value[^1] ^= 1;
        _bank.Set(index, value);
        return new NsmResponse.ExtendPcr(value);
    }

    private NsmResponse LockOne(ushort index)
    {
        if (_bank.IsLocked(index))
            return new NsmResponse.Error(NsmError.ReadOnlyIndex);

        if (!_faults.LocksDoNothing)
            _bank.Lock(index);
        return new NsmResponse.LockPcr();
    }

    private NsmResponse.LockPcrs LockRange(ushort range)
    {
        for (int index = 0; index < range && !_faults.LocksDoNothing; index++)
            _bank.Lock(index);
        return new NsmResponse.LockPcrs();
    }

    private NsmResponse Attest(NsmRequest.Attestation fields)
    {
        if (fields.UserData?.Length > MaxUserData || fields.Nonce?.Length > MaxNonce || fields.PublicKey?.Length > MaxPublicKey)
            return new NsmResponse.Error(NsmError.InputTooLarge);
        if (fields.PublicKey?.Length == 0)
            return new NsmResponse.Error(NsmError.InvalidArgument);

        DateTimeOffset now = _time.GetUtcNow() + _faults.ClockSkew;
        SimulatorChain chain = _pki.ChainFor(ModuleId, now);
        return new NsmResponse.Attestation(SignedDocument.Create(chain, ModuleId, now, _bank.Locked, fields));
    }

    private static NsmRequestKind KindOf(NsmRequest request) => request switch
    {
        NsmRequest.DescribeNsm => NsmRequestKind.DescribeNSM,
        NsmRequest.DescribePcr => NsmRequestKind.DescribePCR,
        NsmRequest.ExtendPcr => NsmRequestKind.ExtendPCR,
        NsmRequest.LockPcr => NsmRequestKind.LockPCR,
        NsmRequest.LockPcrs => NsmRequestKind.LockPCRs,
        NsmRequest.Attestation => NsmRequestKind.Attestation,
        _ => NsmRequestKind.GetRandom,
    };
}
