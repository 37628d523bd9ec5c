using Qos.Vectors;

namespace Qos.Compat.Tests;

/// <summary>A folder in which command lines of <c>qos_client</c> run; gone after the test.</summary>
internal sealed class ClientFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("qos-compat-").FullName;

    public string this[string name] => Path.Combine(Root, name);

    public static string Vector(string name) => VectorFiles.PathOf(["qos", .. name.Split('/')]);

    /// <summary>Runs <c>qos_client</c>. Words are split at spaces; <c>@name</c> is a file of the folder, <c>%name</c> one of the vectors.</summary>
    public async Task<(int Status, string Output, string Error)> RunAsync(string line, string answers = "")
    {
        string[] words =
        [
            .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word[0] switch
            {
                '@' => this[word[1..]],
                '%' => Vector(word[1..]),
                _ => word,
            }),
        ];
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int status = await ClientCommandLine.RunAsync(words, new Screen(new StringReader(answers), output, error));
        return (status, output.ToString(), error.ToString());
    }

    /// <summary>Runs a command line that must succeed.</summary>
    /// <returns>Standard output.</returns>
    public async Task<string> DoAsync(string line, string answers = "")
    {
        (int status, string output, string error) = await RunAsync(line, answers);
        Assert.True(status == 0, $"{line}\nended with {status}: {output}{error}");
        return output;
    }

    /// <summary>Runs a command line that must not.</summary>
    /// <returns>Standard error.</returns>
    public async Task<string> RefusedAsync(string line, string answers = "")
    {
        (int status, string output, string error) = await RunAsync(line, answers);
        Assert.True(status == 1, $"{line}\nended with {status}: {output}{error}");
        return error;
    }

    public byte[] Bytes(string name) => File.ReadAllBytes(this[name]);

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllText(this[name], text);
    }

    public void Copy(string vector, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[name])!);
        File.WriteAllBytes(this[name], File.ReadAllBytes(Vector(vector)));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
