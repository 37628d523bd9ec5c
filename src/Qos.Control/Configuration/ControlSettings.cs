using System.Text.Json;
using System.Text.Json.Serialization;
using Qos.Client;

namespace Qos.Control;

/// <summary>The service's file, <c>qos-control.json</c>. Paths in it are relative to the file.</summary>
/// <remarks>Members with a value of their own have setters: the serializer would give an <c>init</c> member that the file leaves out null or 0.</remarks>
internal sealed record ControlSettings
{
    public const string FileName = "qos-control.json";

    /// <summary>Where the API listens.</summary>
    public required string Listen { get; init; }

    /// <summary><c>sqlite:PATH</c>, <c>postgres:…</c>, or <c>file:PATH</c> of a file that holds one of them, because a connection string holds a secret.</summary>
    public required string Database { get; init; }

    /// <summary>Where executables and the service's key are.</summary>
    public required string Data { get; init; }

    /// <summary>The service's key; <c>service.secret</c> in the data's folder when left out.</summary>
    public string? ServiceKey { get; init; }

    /// <summary>The root that documents must lead to, PEM or DER; AWS's when left out.</summary>
    public string? Root { get; init; }

    /// <summary>The enclave images.</summary>
    public required IReadOnlyList<ImageSettings> Images { get; init; }

    /// <summary>Where replicas run.</summary>
    public required RunnerSettings Runner { get; init; }

    /// <summary>The apps' traffic.</summary>
    public required IngressSettings Ingress { get; init; }

    /// <summary>A certificate and its key in PEM for the API; plain HTTP when left out.</summary>
    public CertificateSettings? Certificate { get; init; }

    /// <summary>Registries that are spoken to without encryption.</summary>
    public IReadOnlyList<string> PlainRegistries { get; set; } = [];

    /// <summary>Docker's config.json with the service's own credentials for registries.</summary>
    public string? RegistryCredentials { get; init; }

    /// <summary>Where traces and metrics are sent in OTLP; nowhere when left out.</summary>
    public string? OpenTelemetry { get; init; }

    /// <summary>Requests a second that one key may make, on average.</summary>
    public int RequestsPerSecond { get; set; } = 50;

    /// <summary>How long a deleted deployment can be restored, in hours.</summary>
    public double RetentionHours { get; set; } = 24;

    /// <summary>Reads the file.</summary>
    /// <exception cref="ControlException">It is missing, or not of its form.</exception>
    public static ControlSettings Read(string path)
    {
        string full = Path.GetFullPath(Directory.Exists(path) ? Path.Combine(path, FileName) : path);
        try
        {
            ControlSettings settings = JsonSerializer.Deserialize(InputFile.Bytes(full), SettingsJson.Default.ControlSettings)
                ?? throw new ControlException($"{full} is empty.");
            if (SettingsCheck.Problem(settings) is { } problem)
                throw new ControlException($"{full}: {problem}.");
            return settings.At(Path.GetDirectoryName(full)!);
        }
        catch (CeremonyException e)
        {
            throw new ControlException($"{e.Message}{(Path.Exists(full) ? "" : " Make one with 'qos-control init'.")}", e);
        }
        catch (JsonException e)
        {
            throw new ControlException($"{full}{(e.LineNumber is { } line ? $", line {line + 1}, column {e.BytePositionInLine + 1}" : "")}: {JsonMistake.Describe(e)}.", e);
        }
    }

    private static string At(string database, string folder)
    {
        if (database.StartsWith("file:", StringComparison.Ordinal))
            database = InputFile.Text(Path.Combine(folder, database["file:".Length..]));
        return database.StartsWith("sqlite:", StringComparison.Ordinal) ? "sqlite:" + Path.Combine(folder, database["sqlite:".Length..]) : database;
    }

    private ControlSettings At(string folder) => this with
    {
        Database = At(Database, folder),
        Data = Path.Combine(folder, Data),
        ServiceKey = Path.Combine(folder, ServiceKey ?? Path.Combine(Data, Control.ServiceKey.FileName)),
        Root = Root is null ? null : Path.Combine(folder, Root),
        Images = [.. Images.Select(image => image.At(folder))],
        Runner = Runner.At(folder),
        Certificate = Certificate?.At(folder),
        Ingress = Ingress with { Certificate = Ingress.Certificate?.At(folder) },
        RegistryCredentials = RegistryCredentials is null ? null : Path.Combine(folder, RegistryCredentials),
    };
}

/// <summary>An enclave image.</summary>
internal sealed record ImageSettings
{
    /// <summary>What deployments name as <c>qosVersion</c>.</summary>
    public required string Version { get; init; }

    /// <summary>Its measurements: PCR0 to PCR2, or to PCR3.</summary>
    public required string Pcrs { get; init; }

    /// <summary>The role of the parent instances, which makes PCR3; left out where the measurements have PCR3.</summary>
    public string? RoleArn { get; init; }

    /// <summary>The image itself, for runners that start it.</summary>
    public string? Eif { get; init; }

    /// <summary>What it was built from.</summary>
    public string QosCommit { get; set; } = "";

    public ImageSettings At(string folder) => this with { Pcrs = Path.Combine(folder, Pcrs), Eif = Eif is null ? null : Path.Combine(folder, Eif) };
}

/// <summary>Where replicas run.</summary>
internal sealed record RunnerSettings
{
    /// <summary><c>local</c>, <c>machine</c>, <c>nitro</c> or <c>kubernetes</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Where their folders are.</summary>
    public string Folder { get; set; } = "replicas";

    /// <summary>The name of the place where they run; this machine's id and the folder when left out. Only a service at the same place reconciles.</summary>
    public string? Place { get; init; }

    /// <summary>Where the programs are that they need.</summary>
    public string Programs { get; set; } = ".";

    /// <summary>The simulator's authority.</summary>
    public string? Pki { get; init; }

    /// <summary>What starts machines: <c>eif/qemu/run</c>, or another <c>nitro-cli</c> than the one on the path.</summary>
    public string? Script { get; init; }

    /// <summary>The cluster, for the runner <c>kubernetes</c>.</summary>
    public KubernetesSettings? Kubernetes { get; init; }

    /// <summary>The first port for hosts and apps.</summary>
    public int FirstPort { get; set; } = 20000;

    /// <summary>The last one.</summary>
    public int LastPort { get; set; } = 29999;

    public RunnerSettings At(string folder) => this with
    {
        Folder = Path.Combine(folder, Folder),
        Programs = Path.Combine(folder, Programs),
        Pki = Pki is null ? null : Path.Combine(folder, Pki),
        Script = Script is null ? null : Path.Combine(folder, Script),
    };
}

/// <summary>The apps' traffic.</summary>
internal sealed record IngressSettings
{
    /// <summary>Where HTTP apps are reached.</summary>
    public required string Listen { get; init; }

    /// <summary>What follows <c>app-ID.</c> in their host names.</summary>
    public string Domain { get; set; } = "localhost";

    /// <summary>The first port for TCP apps.</summary>
    public int FirstTcpPort { get; set; } = 31000;

    /// <summary>The last one.</summary>
    public int LastTcpPort { get; set; } = 31999;

    /// <summary>A certificate and its key; plain HTTP when left out.</summary>
    public CertificateSettings? Certificate { get; init; }

    /// <summary>The largest request body, in bytes.</summary>
    public long MaxBody { get; set; } = 1L << 30;
}

/// <summary>A certificate with its key.</summary>
internal sealed record CertificateSettings(string Certificate, string Key)
{
    public CertificateSettings At(string folder) => new(Path.Combine(folder, Certificate), Path.Combine(folder, Key));
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(ControlSettings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
