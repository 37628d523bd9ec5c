using Qos.Client;
using Qos.Eif;

namespace Qos.Cli;

/// <summary>Images as files: what is wrong with one is said with its name.</summary>
internal static class ImageFile
{
    /// <summary>Reads an image.</summary>
    /// <exception cref="EifException">It is malformed.</exception>
    public static EifImage Read(string path)
    {
        InputFile.RequireOwn(path);
        try
        {
            return EifReader.ReadFile(path);
        }
        catch (EifException e)
        {
            throw new EifException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads an image and checks it.</summary>
    /// <exception cref="EifException">It is malformed or not valid.</exception>
    public static EifImage ReadValid(string path, DateTimeOffset? time = null)
    {
        EifImage image = Read(path);
        var verification = EifVerification.From(image, time);
        return verification.IsValid ? image : throw new EifException($"{path}: {string.Join(' ', verification.Problems)}");
    }

    /// <summary>Reads back what was just written, and shows its registers.</summary>
    public static EifImage Report(Terminal terminal, string path, bool asJson)
    {
        EifImage image = ReadValid(path);
        if (asJson)
        {
            terminal.Output.Write(image.Measurements.ToJson());
            return image;
        }

        terminal.Page.Wrote(path, "an image that measures to");
        terminal.Output.Write(image.Measurements.ToPcrsText());
        return image;
    }
}
