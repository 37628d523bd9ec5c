using System.CommandLine;

namespace Qos.Cli;

/// <summary><c>qos completion SHELL</c></summary>
internal sealed class CompletionCommand : QosCommand
{
    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh or fish." };

    public CompletionCommand()
        : base(
            "completion",
            "Print what makes a shell complete qos's commands and options.",
            "qos completion bash > ~/.local/share/bash-completion/completions/qos",
            "qos completion zsh > \"${fpath[1]}/_qos\"",
            "qos completion fish > ~/.config/fish/completions/qos.fish")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Take(_shell);
    }

    /// <summary>The script of a shell; qos itself is asked for what fits.</summary>
    public static string Script(string shell) => shell switch
    {
        "bash" => """
            _qos() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$(qos "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _qos qos

            """,
        "zsh" => """
            #compdef qos
            _qos() {
                local -a words_found
                words_found=("${(@f)$(qos "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
                compadd -a words_found || _files
            }
            compdef _qos qos

            """,
        _ => """
            complete -c qos -a '(qos "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'

            """,
    };

    /// <inheritdoc/>
    protected override Task RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        terminal.Output.Write(Script(parsed.GetValue(_shell)!));
        return Task.CompletedTask;
    }
}
