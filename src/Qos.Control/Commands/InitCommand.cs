using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Qos.Client;
using Qos.Fleet.Api;
using Qos.Fleet.Storage;
using Qos.Verify;
using Tmds.Linux;

namespace Qos.Control;

/// <summary><c>qos-control init</c>: a folder with everything, so that <c>run</c> needs nothing else.</summary>
internal static class InitCommand
{
    private const string Authority = "pki";
    private const string AdminKey = "admin.apikey";

    // EWOULDBLOCK, as the framework's exception has it for a file that another process has locked.
    private const int WouldBlock = 11;

    public static Command Make()
    {
        var dir = new Option<string>("--dir") { Description = "The folder to make.", HelpName = "DIR", Required = true };
        var name = new Option<string>("--organization") { Description = "The organization's name.", HelpName = "NAME", DefaultValueFactory = static _ => "our organization" };
        var listen = new Option<string>("--listen") { Description = "Where the API listens.", HelpName = "URL", DefaultValueFactory = static _ => "http://127.0.0.1:7800" };
        var ingress = new Option<string>("--ingress") { Description = "Where HTTP apps are reached.", HelpName = "URL", DefaultValueFactory = static _ => "http://127.0.0.1:7880" };
        var database = new Option<string>("--database") { Description = "sqlite:PATH, or postgres: and a connection string.", HelpName = "DATABASE", DefaultValueFactory = static _ => "sqlite:control.db" };
        var version = new Option<string>("--image-version") { Description = "The enclave image's name, which deployments give as qosVersion.", HelpName = "NAME", DefaultValueFactory = static _ => "local" };
        var pcrs = new Option<string?>("--pcrs") { Description = "The image's measurements. Default: made up, for the simulator.", HelpName = "FILE" };
        var role = new Option<string>("--role-arn") { Description = "The parent instances' role, which makes PCR3.", HelpName = "ARN", DefaultValueFactory = static _ => "arn:aws:iam::123456789012:role/Webserver" };
        var programs = new Option<string>("--programs") { Description = "Where qos-enclave, qos-host and qos-nsm-sim are. Default: beside this program.", HelpName = "DIR", DefaultValueFactory = static _ => DefaultPrograms() };
        var kubernetes = new Option<string?>("--kubernetes") { Description = "Replicas are pods of this container image (qos-node, or one with nitro-cli): settings for a service in a cluster, whose files go into its Secret.", HelpName = "IMAGE" };
        var authority = new Option<string?>("--simulator-authority") { Description = "With --kubernetes: the Secret made of the folder's pki; replicas are simulated and worth nothing. Left out for Nitro enclaves.", HelpName = "SECRET" };
        var eif = new Option<string?>("--eif") { Description = "With --kubernetes, for Nitro enclaves: the enclave image's path in that container image.", HelpName = "PATH" };
        var plain = new Option<string[]>("--plain-registry") { Description = "A registry that is spoken to without encryption. May be repeated.", HelpName = "HOST" };
        var command = new Command("init", "Make a folder with settings, database, keys and an API key for its administrator. The replicas are local processes with a simulated module, unless --kubernetes says otherwise.")
        {
            dir, name, listen, ingress, database, version, pcrs, role, programs, kubernetes, authority, eif, plain,
        };
        role.Validators.Add(static result =>
        {
            string arn = result.GetValueOrDefault<string>() ?? "";
            if (RoleArn.Describe(arn) is { } complaint)
                result.AddError($"--role-arn {complaint}");
        });
        foreach (Option<string> url in (Option<string>[])[listen, ingress])
        {
            url.Validators.Add(result =>
            {
                if (SettingsCheck.Listen(url.Name, result.GetValueOrDefault<string>() ?? "") is { } complaint)
                    result.AddError($"{complaint}.");
            });
        }

        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetValue(dir)!,
            parsed.GetValue(name)!,
            parsed.GetValue(pcrs),
            parsed.GetValue(database)!,
            parsed.GetValue(programs)!,
            parsed.GetValue(kubernetes) is { } image ? InCluster(image, parsed.GetValue(authority), parsed.GetValue(eif), parsed.GetValue(version)!, parsed.GetValue(role)!, parsed.GetValue(plain) ?? []) : new ControlSettings
            {
                Listen = parsed.GetValue(listen)!,
                Database = parsed.GetValue(database)!,
                Data = "data",
                Root = "pki/root.pem",
                Images = [new ImageSettings { Version = parsed.GetValue(version)!, Pcrs = "release.pcrs", RoleArn = parsed.GetValue(role)! }],
                Runner = new RunnerSettings { Kind = "local", Folder = "replicas", Programs = Path.GetFullPath(parsed.GetValue(programs)!), Pki = "pki" },
                Ingress = new IngressSettings { Listen = parsed.GetValue(ingress)! },
                PlainRegistries = parsed.GetValue(plain) ?? [],
            },
            cancellationToken));
        return command;
    }

    // All files beside the settings, as a mounted Secret has them; what the service writes is elsewhere.
    private static ControlSettings InCluster(string image, string? authority, string? eif, string version, string role, string[] plain) => new()
    {
        Listen = "http://0.0.0.0:7800",
        Database = "file:database",
        Data = "/var/lib/qos-control",
        ServiceKey = ServiceKey.FileName,
        Root = authority is null ? null : "root.pem",
        Images = [new ImageSettings { Version = version, Pcrs = "release.pcrs", RoleArn = role, Eif = eif }],
        Runner = new RunnerSettings { Kind = "kubernetes", Kubernetes = new KubernetesSettings { NodeImage = image, SimulatorAuthority = authority } },
        Ingress = new IngressSettings { Listen = "http://127.0.0.1:7880" },
        PlainRegistries = plain,
    };

    private static async Task<int> RunAsync(
        string folder, string organization, string? pcrs, string database, string programs, ControlSettings settings, CancellationToken cancellationToken)
    {
        string file = Path.Combine(folder, ControlSettings.FileName);
        if (SettingsCheck.Problem(settings) is { } problem)
            throw new ControlException($"The settings would not be of use: {problem}.");
        byte[] measurements = pcrs is null ? Encoding.UTF8.GetBytes(Simulated()) : Measurements(pcrs);
        bool inCluster = settings.Runner.Kubernetes is not null, isNew = !Directory.Exists(folder);
        string admin;
        using FileStream alone = Enter(folder);
        try
        {
            if (File.Exists(file))
                throw new ControlException($"{file} is there already: this folder was made before.");
            if (alone.Length == 0)
                RequireFree(folder, inCluster ? ["release.pcrs", AdminKey, "database", "root.pem"] : ["release.pcrs", AdminKey]);
        }
        catch
        {
            File.Delete(alone.Name);
            throw;
        }

        try
        {
            // From here on what has our names is ours: an init that is killed, or fails in a folder that was there, is taken up by the next one. Each of its files and
            // folders appears whole, and keys that are there are used.
            alone.WriteByte((byte)'\n');
            alone.Flush(flushToDisk: true);
            string data = inCluster ? folder : Path.Combine(folder, settings.Data);
            Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            ServiceKey.Make(data);
            if (settings.Root is not null)
                await MakeAuthorityAsync(Path.GetFullPath(programs), folder, cancellationToken).ConfigureAwait(false);
            if (inCluster)
            {
                OutputFile.Write(Path.Combine(folder, "database"), Encoding.UTF8.GetBytes(database), overwrite: true, ownerOnly: true);
                if (settings.Root is { } root)
                    OutputFile.Write(Path.Combine(folder, root), InputFile.Bytes(Path.Combine(folder, Authority, "root.pem")), overwrite: true);
            }

            OutputFile.Write(Path.Combine(folder, "release.pcrs"), measurements, overwrite: true);

            // The settings last: where they are, the folder is whole.
            admin = await RegisterAsync(folder, organization, database, cancellationToken).ConfigureAwait(false);
            OutputFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(settings, SettingsJson.Default.ControlSettings));
            File.Delete(alone.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Forget(folder, isNew);
            throw new ControlException($"{folder} cannot be made: {e.Message}", e);
        }
        catch
        {
            Forget(folder, isNew);
            throw;
        }

        await Console.Out.WriteLineAsync(
            $"""
            {file}: the service's settings
            {admin}: the administrator's API key, a secret
            Run it:   qos-control run --settings {folder}
            Use it:   export QOS_CONTROL={settings.Listen} QOS_CONTROL_KEY={Path.GetFullPath(admin)}
            """).ConfigureAwait(false);
        return 0;
    }

    // Found here and not when the service starts.
    private static byte[] Measurements(string path)
    {
        byte[] bytes = InputFile.Bytes(path);
        IReadOnlyDictionary<int, byte[]> pcrs = InputFile.Understand(path, bytes, static bytes => PcrFile.Parse(Encoding.UTF8.GetString(bytes)), "a file of PCRs");
        return Enumerable.Range(0, 3).FirstOrDefault(index => !pcrs.ContainsKey(index), -1) is >= 0 and var missing
            ? throw new ControlException($"{path} has no PCR{missing}: an image's measurements are PCR0, PCR1 and PCR2.")
            : bytes;
    }

    // One init at a time: one that fails takes the folder with it. A folder of somebody else's would hold links of theirs, and our keys.
    private static FileStream Enter(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            RefuseOthers(folder);
            var alone = new FileStream(Path.Combine(folder, ".init"), new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 });

            // Locked, and gone: the init that had it ended between.
            if (new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{alone.SafeFileHandle.DangerousGetHandle()}")).LinkTarget is { } target && !target.EndsWith(" (deleted)", StringComparison.Ordinal))
                return alone;
            alone.Dispose();
            throw new ControlException($"{folder} was being made by another init, which ended just now: look at it, and try again.");
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw new ControlException($"{folder} is being made by another init.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ControlException($"{folder} cannot be made: {e.Message}", e);
        }
    }

    // What would be written over. The service's key, the authority and the database may be there, and are used.
    private static void RequireFree(string folder, string[] names)
    {
        if (Array.Find(names, name => Path.Exists(Path.Combine(folder, name))) is { } taken)
            throw new ControlException($"{Path.Combine(folder, taken)} is there already, and no init made it: name another folder, or move it away.");
    }

    private static unsafe void RefuseOthers(string folder)
    {
        stat found;
        fixed (byte* path = Encoding.UTF8.GetBytes(folder + "\0"))
        {
            if (LibC.stat(path, &found) != 0)
                throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }

        if ((uint)found.st_uid != 0 && (uint)found.st_uid != (uint)LibC.geteuid())
            throw new ControlException($"{folder} belongs to another user: name a folder of your own.");
        if (((uint)found.st_mode & (uint)UnixFileMode.OtherWrite) != 0)
            throw new ControlException($"everybody may write in {folder}: take that right away (chmod o-w), or name another folder.");
    }

    // One that was made by half cannot be made again.
    private static void Forget(string folder, bool isNew)
    {
        if (isNew && Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> RegisterAsync(string folder, string name, string settingsDatabase, CancellationToken cancellationToken)
    {
        string location = settingsDatabase.StartsWith("sqlite:", StringComparison.Ordinal) ? "sqlite:" + Path.Combine(folder, settingsDatabase["sqlite:".Length..]) : settingsDatabase;
        FleetDatabase database = await FleetDatabase.OpenAsync(location, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        await using (database.ConfigureAwait(false))
        {
            string path = Path.Combine(folder, AdminKey);
            ApiKeyBody key = File.Exists(path) ? ReadKey(path) : KeyCommand.Write(path, Guid.CreateVersion7().ToString());
            if (!(await database.OrganizationsAsync(cancellationToken).ConfigureAwait(false)).Any(known => known.Id == key.OrganizationId))
                await database.AddOrganizationAsync(key.OrganizationId, name, cancellationToken).ConfigureAwait(false);
            await database.AddKeyAsync(key.PublicKey, key.OrganizationId, Guid.CreateVersion7().ToString(), "admin", cancellationToken).ConfigureAwait(false);
            return path;
        }
    }

    // That of an init that was killed: the database may have it already.
    private static ApiKeyBody ReadKey(string path)
    {
        try
        {
            InputFile.RequirePlain(path);
            return ApiKeyFile.Read(path);
        }
        catch (Exception e) when (e is ApiException or CeremonyException)
        {
            throw new ControlException(e.Message, e);
        }
    }

    private static async Task MakeAuthorityAsync(string programs, string folder, CancellationToken cancellationToken)
    {
        string simulator = Path.Combine(programs, "qos-nsm-sim"), pki = Path.Combine(folder, Authority);
        if (!File.Exists(simulator))
            throw new ControlException($"{simulator} is missing: name the folder of the programs with --programs.");
        foreach (string left in Directory.GetDirectories(folder, $".{Authority}.*"))
            Directory.Delete(left, recursive: true);
        if (Directory.Exists(pki))
            return;

        // With the module, which nobody needs, in a folder that becomes the authority's when it is whole: whatever ends this, nothing of it is left in a folder of everybody's.
        string draft = Path.Combine(folder, $".{Authority}.{Guid.NewGuid():N}"), made = Path.Combine(draft, Authority);
        Directory.CreateDirectory(draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using Process process = Process.Start(new ProcessStartInfo(simulator, ["pki", "--out", Path.Combine(draft, "module"), "--pki-dir", made]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            string error = await process.StandardError.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (process.ExitCode != 0)
                throw new ControlException($"The simulator's authority cannot be made: {error.Trim()}");
            Directory.Move(made, pki);
        }
        finally
        {
            // One that was not waited for would go on writing.
            process.Kill();
            process.WaitForExit();
            Directory.Delete(draft, recursive: true);
        }
    }

    // Measurements of an image that does not exist: every simulator of this folder shows them.
    private static string Simulated() => string.Concat(Enumerable.Range(0, 3).Select(static index =>
        $"{Convert.ToHexStringLower(System.Security.Cryptography.SHA384.HashData(Encoding.UTF8.GetBytes($"simulated image part {index}")))} PCR{index}\n"));

    // Out of out/lib/qos-control/, the programs are links in out/bin/.
    private static string DefaultPrograms()
    {
        string beside = AppContext.BaseDirectory.TrimEnd('/');
        string bin = Path.GetFullPath(Path.Combine(beside, "../../bin"));
        return File.Exists(Path.Combine(bin, "qos-enclave")) ? bin : beside;
    }
}
