namespace Qos.Node.Tests;

public sealed class CombinationsTests
{
    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(5, 2, 10)]
    [InlineData(4, 5, 0)]
    [InlineData(10, 3, 120)]
    [InlineData(254, 2, 32131)]
    public void There_are_as_many_as_counted_and_each_once(int of, int choose, long expected)
    {
        Assert.Equal(expected, Combinations.Count(of, choose));
        int[][] all = [.. Combinations.All(of, choose)];
        Assert.Equal(expected, all.Length);
        Assert.Equal(expected, all.Select(chosen => string.Join(',', chosen)).Distinct().Count());
        Assert.All(all, chosen => Assert.Equal(choose, chosen.Distinct().Count()));
        Assert.All(all, chosen => Assert.All(chosen, index => Assert.InRange(index, 0, of - 1)));
    }

    [Fact]
    public void A_number_too_large_to_count_is_not_wrapped_around() =>
        Assert.True(Combinations.Count(254, 127) > 1_000_000_000);

    [Fact]
    public void Random_ones_are_of_different_things()
    {
        var random = new Random(5);
        int[][] some = [.. Combinations.Random(30, 12, 200, random.Next)];
        Assert.Equal(200, some.Length);
        Assert.All(some, chosen => Assert.Equal(12, chosen.Distinct().Count()));
        Assert.True(some.Select(chosen => string.Join(',', chosen.Order())).Distinct().Count() > 190);
    }
}
