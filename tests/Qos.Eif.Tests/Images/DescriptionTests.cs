using System.Text;
using System.Text.Json;

namespace Qos.Eif.Tests;

/// <summary>What scripts read that were written for another tool.</summary>
public sealed class DescriptionTests
{
    [Fact]
    public void Members_of_the_builders_own_lie_where_other_tools_print_them_and_pass_for_no_others()
    {
        const string custom = """{"BuildTime":"forged","Team":"a","Team":"b","ImageName":"c","Nested":{"BuildTool":"d"}}""";
        JsonElement root = Describe(custom);
        JsonElement metadata = root.GetProperty("Metadata");
        Assert.Equal(
            ["BuildTime", "BuildTool", "BuildToolVersion", "OperatingSystem", "KernelVersion", "DockerInfo", "Team", "ImageName", "Nested"],
            metadata.EnumerateObject().Select(static member => member.Name));
        Assert.Equal("t", metadata.GetProperty("BuildTime").GetString());
        Assert.Equal("a", metadata.GetProperty("Team").GetString());
        Assert.Equal("n", root.GetProperty("ImageName").GetString());
        Assert.Equal("forged", root.GetProperty("CustomMetadata").GetProperty("BuildTime").GetString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("\"text\"")]
    public void Where_there_are_none_nothing_is_there(string custom)
    {
        JsonElement root = Describe(custom);
        Assert.Equal("DockerInfo", root.GetProperty("Metadata").EnumerateObject().Last().Name);
        Assert.Equal(custom, root.GetProperty("CustomMetadata").GetRawText());
    }

    private static JsonElement Describe(string custom)
    {
        RawImage raw = RawImage.Small();
        int at = raw.Sections.FindIndex(static section => section.Type == 5);
        raw.Sections[at] = (5, Encoding.UTF8.GetBytes(
            $$"""{"ImageName":"n","ImageVersion":"v","BuildMetadata":{"BuildTime":"t","BuildTool":"b","BuildToolVersion":"1","OperatingSystem":"o","KernelVersion":"k"},"DockerInfo":{},"CustomMetadata":{{custom}}}"""));
        using var document = JsonDocument.Parse(EifDescription.ToJson(Read.Image(raw.ToBytes())));
        return document.RootElement.Clone();
    }
}
