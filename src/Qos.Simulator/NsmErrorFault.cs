using Qos.Nsm;

namespace Qos.Simulator;

/// <summary>Answers requests of one kind with an error.</summary>
/// <param name="Kind">Which requests.</param>
/// <param name="Error">The error that they are answered with.</param>
/// <param name="From">The first one that fails, counted from 1: with 2 the first request of the kind still succeeds.</param>
public sealed record NsmErrorFault(NsmRequestKind Kind, NsmError Error, int From = 1)
{
    /// <summary>Reads <c>KIND=ERROR</c> or <c>KIND=ERROR@FROM</c>, for example <c>ExtendPCR=InternalError@2</c>.</summary>
    /// <exception cref="FormatException">The text has another form; the message says which.</exception>
    public static NsmErrorFault Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] sides = text.Split('=', 2);
        string[] answer = sides.Length == 2 ? sides[1].Split('@', 2) : [];
        int from = 1;
        if (answer.Length > 0
            && TryName(sides[0], out NsmRequestKind kind)
            && TryName(answer[0], out NsmError error)
            && (answer.Length == 1 || (int.TryParse(answer[1], out from) && from > 0)))
        {
            return new NsmErrorFault(kind, error, from);
        }

        throw new FormatException(
            $"\"{text}\" is not KIND=ERROR or KIND=ERROR@FROM, for example ExtendPCR=InternalError@2. " +
            $"Kinds: {string.Join(", ", Enum.GetNames<NsmRequestKind>())}. Errors: {string.Join(", ", Enum.GetNames<NsmError>())}.");
    }

    // Enum.TryParse alone would take numbers as well.
    private static bool TryName<T>(string text, out T value)
        where T : struct, Enum => Enum.TryParse(text, out value) && Enum.GetName(value) == text;
}
