using System.Text.Json;
using Qos.Vectors;

namespace Qos.Keys.Tests;

/// <summary>Runs every case of one Wycheproof file and reports the failing ones by their numbers.</summary>
internal static class Wycheproof
{
    /// <summary>
    /// <paramref name="accepts"/> says whether our code accepts a case (and gets its result right); "acceptable" cases may go either way.
    /// Returns how many cases were run; <paramref name="applies"/> leaves out sizes that the protocol does not have.
    /// </summary>
    public static int Run(string file, Func<JsonElement, JsonElement, bool> accepts, Func<JsonElement, bool>? applies = null)
    {
        int run = 0;
        List<string> failures = [];
        foreach (JsonElement group in JsonDocument.Parse(VectorFiles.Bytes("standard", file)).RootElement.GetProperty("testGroups").EnumerateArray())
        {
            if (applies is not null && !applies(group))
                continue;

            foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
            {
                run++;
                string result = test.Text("result");
                bool accepted = accepts(group, test);
                if (result != "acceptable" && accepted != (result == "valid"))
                    failures.Add($"tcId {test.GetProperty("tcId")} ({test.Text("comment")}): is {result}, we {(accepted ? "accept" : "refuse")}");
            }
        }

        Assert.True(failures.Count == 0, $"{file}: {failures.Count} of {run} cases fail\n{string.Join('\n', failures)}");
        return run;
    }
}
