using System.Text;

namespace Qos.Bench;

/// <summary>Prints rows as a table in Markdown, its columns aligned.</summary>
internal static class MarkdownTable
{
    public static string Of(string title, IReadOnlyList<BenchRow> rows)
    {
        string[] head = [title, "ours", "compared with", "ratio", "target", "met"];
        string[][] cells = [head, .. rows.Select(row => (string[])[row.Measure, row.Ours, row.Other, row.Ratio, row.Target, row.Ours.Length == 0 ? "" : row.Met ? "yes" : "NO"])];
        int[] widths = [.. Enumerable.Range(0, head.Length).Select(column => cells.Max(line => line[column].Length))];
        var text = new StringBuilder();
        for (int i = 0; i < cells.Length; i++)
        {
            text.Append("| ").AppendJoin(" | ", cells[i].Select((cell, column) => cell.PadRight(widths[column]))).AppendLine(" |");
            if (i == 0)
                text.Append("| ").AppendJoin(" | ", widths.Select(width => new string('-', width))).AppendLine(" |");
        }

        return text.ToString();
    }
}
