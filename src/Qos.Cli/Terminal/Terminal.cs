using Qos.Keys;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary>What a command shows on and asks through. Results go to the output, questions and progress to the error stream.</summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="keyboard">Where answers come from.</param>
/// <param name="isOutputSeen">Whether who is asked sees the output: it does not go to a file or another program.</param>
/// <param name="isStyled">Whether the output is a terminal that shows colours.</param>
internal sealed class Terminal(TextWriter output, TextWriter error, IKeyboard keyboard, bool isOutputSeen = true, bool isStyled = false)
{
    private const int NarrowestHelp = 40;
    private const int WidestHelp = 140;

    private Page? _page;
    private Page? _errorPage;

    /// <summary>Whether a question is open, which only its answer or the end of the program closes.</summary>
    public bool IsAsking { get; private set; }

    /// <summary>Standard output.</summary>
    public TextWriter Output => output;

    /// <summary>Standard error.</summary>
    public TextWriter Error => error;

    /// <summary>Whether somebody can be asked.</summary>
    public bool CanAsk => keyboard.IsPresent;

    /// <summary>Whether somebody can be asked about what was shown.</summary>
    public bool CanReview => keyboard.IsPresent && isOutputSeen;

    /// <summary>Standard output for people.</summary>
    public Page Page => _page ??= new Page(output, isStyled);

    /// <summary>Standard error for people: what they must know and no result is.</summary>
    public Page ErrorPage => _errorPage ??= new Page(error, isStyled);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>How many characters a line of help may have. Asked for when help is shown, since asking makes .NET set the terminal up.</summary>
    public Func<int> Width { get; init; } = static () => WidestHelp;

    /// <summary>The one that the program was started in.</summary>
    public static Terminal OfProcess() =>
        new(Console.Out, Console.Error, new SystemKeyboard(), !Console.IsOutputRedirected, IsStyled()) { Width = WidthOfProcess };

    /// <summary>Asks a question whose answer is no unless somebody says yes.</summary>
    /// <param name="question">Safe to show.</param>
    /// <param name="optionInstead">The option that answers it in a script.</param>
    /// <exception cref="UsageException">There is nobody to ask.</exception>
    public bool Confirm(string question, string optionInstead)
    {
        if (!CanReview)
            throw new UsageException($"there is no terminal to ask \"{question}\": review it and give {optionInstead}");
        output.Flush();
        Page.Record?.ShowUnseen(ErrorPage);
        error.Write($"{question} [y/N] ");
        error.Flush();
        string? answer = Asking(keyboard.ReadLine);
        return answer?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    /// <summary>Asks for a line; empty when there is no more.</summary>
    /// <param name="prompt">Safe to show.</param>
    public string AskLine(string prompt)
    {
        error.Write($"{prompt}: ");
        error.Flush();
        return Asking(keyboard.ReadLine) ?? "";
    }

    /// <summary>Asks for a passphrase, which is not shown and never a string; the caller disposes of it.</summary>
    /// <exception cref="UsageException">There is nobody to ask.</exception>
    public SecretMemory AskPassphrase(string prompt) => AskSecret(prompt, "passphrase", "--passphrase-fd N");

    /// <summary>Asks for a passphrase or a PIN, which is not shown and never a string; the caller disposes of it.</summary>
    /// <param name="prompt">Safe to show.</param>
    /// <param name="what">What is asked for.</param>
    /// <param name="optionInstead">The option that gives it in a script.</param>
    /// <exception cref="UsageException">There is nobody to ask.</exception>
    public SecretMemory AskSecret(string prompt, string what, string optionInstead)
    {
        if (!CanAsk)
            throw new UsageException($"there is no terminal to ask for the {what}: give {optionInstead}");
        error.Write($"{prompt}: ");
        error.Flush();
        try
        {
            return Asking(() => PassphraseEntry.Read(keyboard));
        }
        finally
        {
            error.WriteLine();
        }
    }

    /// <summary>Says something beside the result.</summary>
    public void Warn(string message) => error.WriteLine($"qos: warning: {VisibleText.OneLine(message)}");

    /// <summary>Runs something long, and shows how far it is where somebody watches.</summary>
    public async Task<T> WithProgressAsync<T>(string title, Func<IProgress<(long Done, long Total)>?, Task<T>> work)
    {
        if (Console.IsErrorRedirected || !CanAsk)
            return await work(null);
        using var line = new ProgressLine(error, title, TimeProvider.System);
        return await work(line);
    }

    // A terminal that tells no width gets the usual one.
    private static int WidthOfProcess() =>
        Console.IsOutputRedirected ? WidestHelp : Math.Clamp(Console.WindowWidth is > 0 and int width ? width : 80, NarrowestHelp, WidestHelp);

    private static bool IsStyled() =>
        !Console.IsOutputRedirected
        && string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable("NO_COLOR"))
        && System.Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    private T Asking<T>(Func<T> ask)
    {
        IsAsking = true;
        try
        {
            return ask();
        }
        finally
        {
            IsAsking = false;
        }
    }
}
