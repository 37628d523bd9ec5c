using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Qos.Keys;

namespace Qos.Tokens.Tests;

/// <summary>SoftHSM2 with a folder of its own for its tokens, which is gone after the tests.</summary>
public sealed partial class SoftHsm : IDisposable
{
    /// <summary>The user PIN of every token made here.</summary>
    public const string Pin = "123456";

    private readonly string _folder = Directory.CreateTempSubdirectory("qos-tokens-").FullName;
    private int _tokens;

    public SoftHsm()
    {
        if (ModulePath is null)
            return;
        Directory.CreateDirectory(Path.Combine(_folder, "tokens"));
        string configuration = Path.Combine(_folder, "softhsm2.conf");
        File.WriteAllText(configuration, $"directories.tokendir = {_folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n");

        // The module reads the C library's environment, of which .NET has only a copy.
        Assert.Equal(0, setenv("SOFTHSM2_CONF", configuration, 1));
        Environment.SetEnvironmentVariable("SOFTHSM2_CONF", configuration);
    }

    /// <summary>Where Debian has the module; null where it is not installed.</summary>
    public static string? ModulePath { get; } = new[] { "/usr/lib/softhsm/libsofthsm2.so", $"/usr/lib/{Triplet}/softhsm/libsofthsm2.so" }
        .FirstOrDefault(static path => File.Exists(path) && File.Exists("/usr/bin/softhsm2-util"));

    private static string Triplet => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

    /// <summary>The folder for whatever a test writes.</summary>
    public string this[string name] => Path.Combine(_folder, name);

    /// <summary>Makes a token and gives the URI of a key in it.</summary>
    public string NewToken(string? label = null, string key = "object=alice")
    {
        label ??= string.Create(CultureInfo.InvariantCulture, $"token-{++_tokens}");
        using var process = Process.Start(new ProcessStartInfo(
            "softhsm2-util", ["--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", Pin])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        return $"pkcs11:token={label};{key}?module-path={ModulePath}";
    }

    /// <summary>Gives a PIN when asked.</summary>
    public static Func<TokenPinRequest, SecretMemory> Giving(string pin) => _ => SecretMemory.CopyOf(Encoding.UTF8.GetBytes(pin));

    /// <summary>Gives the right PIN when asked.</summary>
    public static SecretMemory RightPin(TokenPinRequest request) => Giving(Pin)(request);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int replace);
}
