namespace Qos.Protocol.Tests.Checks;

/// <summary>When an app has its local service. Format: docs/service.md, On and off.</summary>
public class LocalServiceChoiceTests
{
    [Theory]
    [InlineData(null, true)]
    [InlineData("on", true)]
    [InlineData("off", false)]
    [InlineData("", false)]
    [InlineData("ON", false)]
    [InlineData("on ", false)]
    [InlineData("anything", false)]
    public void A_V2_manifest_turns_it_off_by_any_value_but_on(string? value, bool isOn)
    {
        SortedDictionary<string, string> environment = new(StringComparer.Ordinal) { ["OTHER"] = "off" };
        if (value is not null)
            environment[LocalServiceChoice.Variable] = value;
        Manifest manifest = Sample.Manifest();
        Assert.Equal(isOn, LocalServiceChoice.IsOn(manifest with { Pivot = manifest.Pivot with { Env = environment } }));
    }

    [Theory]
    [InlineData(ManifestVersion.V1)]
    [InlineData(ManifestVersion.V0)]
    public void An_older_manifest_has_none(ManifestVersion version) => Assert.False(LocalServiceChoice.IsOn(Sample.Manifest(version)));
}
