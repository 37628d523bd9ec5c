using System.Text;
using System.Text.Json.Nodes;
using Qos.Serialization;

namespace Qos.Protocol.Tests;

/// <summary>Which version a manifest is, and that nothing is read as another or with members left out.</summary>
public sealed class SchemaTests
{
    [Theory]
    [InlineData("v0")]
    [InlineData("v1")]
    [InlineData("v3")]
    [InlineData("V2")]
    [InlineData("v2 ")]
    [InlineData("v2\0")]
    [InlineData("2")]
    [InlineData("1")]
    [InlineData("")]
    public void A_declared_version_never_falls_back(string version)
    {
        foreach (ManifestVersion schema in Enum.GetValues<ManifestVersion>())
        {
            JsonObject json = Json(schema);
            json["version"] = version;
            Refused(json);
        }
    }

    [Fact]
    public void An_old_manifest_that_declares_v2_is_refused()
    {
        foreach (ManifestVersion schema in new[] { ManifestVersion.V0, ManifestVersion.V1 })
        {
            JsonObject json = Json(schema);
            json["version"] = "v2";
            Refused(json);
        }
    }

    [Fact]
    public void A_version_of_another_kind_is_refused()
    {
        foreach (JsonNode? version in new JsonNode?[] { null, JsonValue.Create(2), new JsonObject(), new JsonArray("v2") })
        {
            JsonObject json = Json(ManifestVersion.V1);
            json["version"] = version;
            Refused(json);
        }
    }

    [Theory]
    [InlineData("\"version\":\"v2\",\"version\":\"v2\"")]
    [InlineData("\"version\":\"v1\",\"version\":\"v2\"")]
    [InlineData("\"version\":\"v2\",\"version\":null")]
    [InlineData("\"version\":\"v2\",\"\\u0076ersion\":\"v2\"")]
    [InlineData("\"version\":2")]
    [InlineData("\"version\":\"2\"")]
    [InlineData("\"version\":3")]
    [InlineData("\"version\":\"v3\"")]
    [InlineData("\"Version\":\"v2\"")]
    [InlineData("\"version \":\"v2\"")]
    [InlineData("\"schemaVersion\":\"v2\"")]
    public void A_version_that_is_declared_twice_or_otherwise_is_refused_in_every_schema_and_place(string declared)
    {
        foreach (ManifestVersion schema in Enum.GetValues<ManifestVersion>())
        {
            JsonObject json = Json(schema);
            json.Remove("version");
            string rest = json.ToJsonString()[1..^1];
            foreach (string text in (string[])[$"{{{declared},{rest}}}", $"{{{rest},{declared}}}"])
                Refused(text);
        }
    }

    [Fact]
    public void A_version_inside_of_something_else_is_none()
    {
        foreach (ManifestVersion schema in new[] { ManifestVersion.V0, ManifestVersion.V1 })
        {
            foreach (string member in (string[])["namespace", "pivot", "enclave", "patchSet"])
            {
                JsonObject json = Json(schema);
                json[member]!["version"] = "v2";
                Refused(json);
            }

            // A name that says "version" is a name.
            JsonObject named = Json(schema);
            named["namespace"]!["name"] = "\"version\":\"v2\"";
            Assert.Equal(schema, Read(named).Version);
        }
    }

    [Fact]
    public void A_mistake_in_a_V2_manifest_is_told_as_one_of_V2_and_never_as_of_Borsh()
    {
        foreach (string mistake in (string[])["\"patchSet\":{\"threshold\":0,\"members\":[]}", "\"more\":1", "\"namespace\":{}", "\"dns\":{\"resolvers\":[\"x\"]}"])
        {
            string text = $"{Json(ManifestVersion.V2).ToJsonString()[..^1]},{mistake}}}";
            Assert.DoesNotContain("Borsh", Refused(text).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(" \t\r\n", "")]
    [InlineData("", " \t\r\n")]
    public void White_space_around_JSON_means_nothing(string before, string after)
    {
        foreach (ManifestVersion schema in Enum.GetValues<ManifestVersion>())
        {
            byte[] stored = ManifestFormat.Write(Sample.Manifest(schema));
            byte[] spaced = [.. Encoding.UTF8.GetBytes(before), .. stored, .. Encoding.UTF8.GetBytes(after)];
            Assert.Equal(Hex(ManifestFormat.Read(stored).Hash()), Hex(ManifestFormat.Read(spaced).Hash()));
        }
    }

    [Theory]
    [InlineData("\uFEFF", "")]
    [InlineData("\u00A0", "")]
    [InlineData("\v", "")]
    [InlineData("\0", "")]
    [InlineData("[", "]")]
    [InlineData("/**/", "")]
    [InlineData("", "\0")]
    [InlineData("", "{}")]
    [InlineData("", ",")]
    public void Anything_else_around_JSON_is_refused(string before, string after)
    {
        foreach (ManifestVersion schema in Enum.GetValues<ManifestVersion>())
            Refused(before + Json(schema).ToJsonString() + after);
    }

    [Fact]
    public void Borsh_that_begins_like_JSON_is_Borsh()
    {
        // The name's length is 0x7b, an opening brace, or white space with such a brace as the name's first character.
        foreach (ManifestVersion schema in new[] { ManifestVersion.V0, ManifestVersion.V1 })
        {
            foreach (string name in (string[])["{\"version\":\"v2\"}".PadRight(0x7b), "{\"a\":1}".PadRight(0x20), "{}       \n"])
            {
                Manifest manifest = Sample.Manifest(schema);
                manifest = manifest with { Namespace = manifest.Namespace with { Name = name } };
                byte[] borsh = manifest.HashedBytes();
                Assert.Contains(borsh[0], "{ \n"u8.ToArray());
                Assert.Equal(schema, ManifestFormat.Read(borsh).Version);
                byte[] envelope = ManifestEnvelopeFormat.WriteBorsh(new ManifestEnvelope(manifest, [], []));
                Assert.Equal(name, ManifestEnvelopeFormat.Read(envelope).Manifest.Namespace.Name);
            }
        }
    }

    [Fact]
    public void A_V2_manifest_with_a_mistake_does_not_boot_through_message_23_either()
    {
        byte[] json = ManifestEnvelopeFormat.WritePlain(Sample.Envelope(Sample.Manifest(ManifestVersion.V2), 0));
        byte[] broken = [.. Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json).Replace("\"v2\"", "\"v9\"", StringComparison.Ordinal))];
        Assert.Equal(json.Length, broken.Length);
        foreach (byte[] content in (byte[][])[broken, [.. json, .. "{}"u8], [0xEF, 0xBB, 0xBF, .. json], []])
            Assert.Equal(ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode(Message23(content))));
        Assert.Equal(WireEncoding.Borsh, MessageCodec.Decode(Message23(json)).Encoding);

        // What is Borsh inside of message 23 is no JSON, and there nothing else is tried.
        byte[] borsh = ManifestEnvelopeFormat.WriteBorsh(Sample.Envelope(Sample.Manifest(ManifestVersion.V1), 0));
        Assert.Equal(ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode(Message23(borsh))));

        static byte[] Message23(byte[] content) => [23, .. BitConverter.GetBytes(content.Length), .. content, 1, 0, 0, 0, 0xAA];
    }

    [Fact]
    public void The_version_may_come_last()
    {
        JsonObject json = Json(ManifestVersion.V2);
        JsonNode version = json["version"]!;
        json.Remove("version");
        json["version"] = version.DeepClone();
        Assert.Equal(ManifestVersion.V2, Read(json).Version);
    }

    [Fact]
    public void A_v2_manifest_without_its_version_is_refused()
    {
        JsonObject json = Json(ManifestVersion.V2);
        json.Remove("version");
        Refused(json);
    }

    [Theory]
    [InlineData("debugMode")]
    [InlineData("bridgeConfig")]
    public void A_v1_manifest_without_one_of_its_members_is_not_taken_for_v0(string member)
    {
        JsonObject json = Json(ManifestVersion.V1);
        ((JsonObject)json["pivot"]!).Remove(member);
        Refused(json);
        ((JsonObject)json["pivot"]!).Remove(member == "debugMode" ? "bridgeConfig" : "debugMode");
        Assert.Equal(ManifestVersion.V0, Read(json).Version);
    }

    [Fact]
    public void Old_manifests_have_no_environment_and_no_resolvers()
    {
        JsonObject env = Json(ManifestVersion.V1);
        env["pivot"]!["env"] = new JsonObject();
        Refused(env);
        JsonObject dns = Json(ManifestVersion.V1);
        dns["dns"] = new JsonObject { ["resolvers"] = new JsonArray("1.1.1.1") };
        Refused(dns);
        dns["dns"] = null;
        Refused(dns);
    }

    [Fact]
    public void Every_member_is_needed_and_no_other_is_taken()
    {
        foreach (ManifestVersion schema in Enum.GetValues<ManifestVersion>())
        {
            foreach (string path in Objects(Json(schema), ""))
            {
                JsonObject json = Json(schema);
                At(json, path)["unknown"] = 1;
                Refused(json);

                foreach ((string name, JsonNode? _) in At(Json(schema), path).ToArray())
                {
                    JsonObject without = Json(schema);
                    At(without, path).Remove(name);
                    Refused(without);
                }
            }
        }
    }

    [Fact]
    public void A_member_of_another_kind_is_refused()
    {
        foreach (ManifestVersion schema in Enum.GetValues<ManifestVersion>())
        {
            foreach (string path in Objects(Json(schema), ""))
            {
                foreach ((string name, JsonNode? _) in At(Json(schema), path).ToArray())
                {
                    foreach (string wrong in new[] { "null", "{}", "[1]", "-1", "true1"[..4] })
                    {
                        JsonObject json = Json(schema);
                        if (name == "debugMode" && wrong == "true")
                            continue;
                        At(json, path)[name] = JsonNode.Parse(wrong);
                        Refused(json);
                    }
                }
            }
        }
    }

    [Fact]
    public void A_member_that_comes_twice_is_refused()
    {
        foreach (ManifestVersion schema in Enum.GetValues<ManifestVersion>())
        {
            string json = Json(schema).ToJsonString();
            foreach (string name in new[] { "namespace", "nonce", "hash", "threshold", "alias", "pcr0" })
            {
                int at = json.IndexOf($"\"{name}\":", StringComparison.Ordinal);
                JsonNode value = At(JsonNode.Parse(json)!, name)!;
                string twice = json.Insert(at, $"\"{name}\":{value.ToJsonString()},");
                Assert.Throws<EncodingException>(() => ManifestFormat.Read(Encoding.UTF8.GetBytes(twice)));
            }
        }

        static JsonNode? At(JsonNode node, string name) => node switch
        {
            JsonObject o when o.ContainsKey(name) => o[name],
            JsonObject o => o.Select(pair => pair.Value is null ? null : At(pair.Value, name)).FirstOrDefault(found => found is not null),
            JsonArray a => a.Select(item => item is null ? null : At(item, name)).FirstOrDefault(found => found is not null),
            _ => null,
        };
    }

    [Fact]
    public void Integers_may_be_numbers_or_strings()
    {
        JsonObject json = Json(ManifestVersion.V1);
        string hash = Hex(Read(json).Hash());
        json["namespace"]!["nonce"] = "7";
        json["manifestSet"]!["threshold"] = "2";
        json["pivot"]!["bridgeConfig"]![0]!["port"] = "3000";
        Assert.Equal(hash, Hex(Read(json).Hash()));
    }

    [Fact]
    public void Borsh_that_fits_both_versions_is_refused()
    {
        // The V0 arguments "\1" and four NULs read as: one client bridge without a host, no debug mode, no arguments.
        Manifest manifest = Sample.Manifest(ManifestVersion.V0) with
        {
            Pivot = Sample.Manifest(ManifestVersion.V0).Pivot with { Args = ["\u0001", "\0\0\0\0"] },
        };
        byte[] borsh = manifest.HashedBytes();
        Assert.Contains("V1 and a V0", Assert.Throws<EncodingException>(() => ManifestFormat.Read(borsh)).Message, StringComparison.Ordinal);

        var envelope = new ManifestEnvelope(manifest, [], []);
        Assert.Throws<EncodingException>(() => ManifestEnvelopeFormat.Read(ManifestEnvelopeFormat.WriteBorsh(envelope)));
        byte[] message = MessageCodec.Encode(new ProtocolMessage.ExportKeyRequest(envelope, new byte[] { 1 }), WireEncoding.Borsh);
        Assert.Equal(ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode(message)));

        // As JSON it is plain.
        Assert.Equal(ManifestVersion.V0, ManifestFormat.Read(ManifestFormat.Write(manifest)).Version);
    }

    [Fact]
    public void An_envelopes_approvals_are_named_as_its_version_has_them()
    {
        foreach (ManifestVersion schema in Enum.GetValues<ManifestVersion>())
        {
            string json = Encoding.UTF8.GetString(ManifestEnvelopeFormat.Write(Sample.Envelope(Sample.Manifest(schema), 0, 1)));
            Assert.Equal(schema == ManifestVersion.V0, json.Contains("manifest_set_approvals", StringComparison.Ordinal));
            string other = schema == ManifestVersion.V0
                ? json.Replace("manifest_set_approvals", "manifestSetApprovals", StringComparison.Ordinal)
                : json.Replace("manifestSetApprovals", "manifest_set_approvals", StringComparison.Ordinal);
            Assert.Throws<EncodingException>(() => ManifestEnvelopeFormat.Read(Encoding.UTF8.GetBytes(other)));
        }
    }

    [Fact]
    public void A_declared_version_does_not_fall_back_inside_a_message_either()
    {
        string json = Encoding.UTF8.GetString(MessageCodec.Encode(
            new ProtocolMessage.BootStandardRequest(Sample.Envelope(Sample.Manifest(ManifestVersion.V1)), default), WireEncoding.Json));
        string declared = json.Replace("\"shareSet\":", "\"version\":\"v3\",\"shareSet\":", StringComparison.Ordinal);
        Assert.NotEqual(json, declared);
        Assert.Equal(ProtocolErrorCode.ProtocolMsgDeserialization, Sample.Refused(() => MessageCodec.Decode(Encoding.UTF8.GetBytes(declared))));
    }

    [Fact]
    public void Null_stands_for_an_optional_member_that_is_not_there()
    {
        JsonObject json = Json(ManifestVersion.V2);
        string hash = Hex(Read(json).Hash());
        json["dns"] = null;
        Assert.Equal(hash, Hex(Read(json).Hash()));
        Assert.Null(Assert.IsType<ProtocolMessage.ManifestEnvelopeResponse>(
            MessageCodec.Decode("{\"manifestEnvelopeResponse\":{\"manifest_envelope\":null}}"u8).Message).ManifestEnvelope);
        Assert.Equal(
            ProtocolErrorCode.ProtocolMsgDeserialization,
            Sample.Refused(() => MessageCodec.Decode("{\"bootStandardRequest\":{\"manifest_envelope\":null,\"pivot\":\"\"}}"u8)));
    }

    private static JsonObject Json(ManifestVersion version) => (JsonObject)JsonNode.Parse(ManifestFormat.Write(Sample.Manifest(version)))!;

    private static Manifest Read(JsonObject json) => ManifestFormat.Read(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static void Refused(JsonObject json) => Refused(json.ToJsonString());

    private static EncodingException Refused(string text) =>
        Record.Exception(() => ManifestFormat.Read(Encoding.UTF8.GetBytes(text))) as EncodingException
            ?? throw new Xunit.Sdk.XunitException("not refused: " + text);

    // Paths of all objects, separated by slashes.
    private static IEnumerable<string> Objects(JsonNode? node, string path)
    {
        if (node is JsonObject o)
        {
            yield return path;
            foreach (string inner in o.SelectMany(pair => Objects(pair.Value, path + "/" + pair.Key)))
                yield return inner;
        }
        else if (node is JsonArray { Count: > 0 } a)
        {
            foreach (string inner in Objects(a[0], path + "/0"))
                yield return inner;
        }
    }

    private static JsonObject At(JsonNode root, string path)
    {
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            root = root is JsonArray array ? array[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : root[part]!;
        return (JsonObject)root;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
