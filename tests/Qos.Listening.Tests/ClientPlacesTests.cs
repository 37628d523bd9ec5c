using System.Net;

namespace Qos.Listening.Tests;

public sealed class ClientPlacesTests
{
    private readonly FakeTime _time = new();
    private readonly List<ClientPlace> _closed = [];

    [Fact]
    public void One_address_may_have_all_places_and_no_more()
    {
        var places = new ClientPlaces(4, 1, _time);
        Take(places, "10.0.0.1", 4);
        Assert.Null(places.Take(IPAddress.Parse("10.0.0.1"), out bool isFull));
        Assert.True(isFull);
        Assert.Empty(_closed);
        Assert.Equal(4, places.Count);
    }

    [Fact]
    public void Of_the_address_with_most_the_one_that_was_idle_longest_goes_and_first_one_that_is_asked_nothing()
    {
        var places = new ClientPlaces(6, 6, _time);
        ClientPlace[] many = Take(places, "10.0.0.1", 5);
        Take(places, "10.0.0.2", 1);
        many[0].Sent();
        _time.Advance(TimeSpan.FromSeconds(1));
        many[1].Received();
        _time.Advance(TimeSpan.FromSeconds(1));
        many[2].Sent();
        _time.Advance(TimeSpan.FromSeconds(1));
        many[4].Sent();
        _time.Advance(TimeSpan.FromSeconds(1));
        many[3].Received();
        Take(places, "10.0.0.3", 2);
        Assert.Equal([many[0], many[2]], _closed);

        // It has three now, and nobody may have as many by its loss.
        Assert.Null(places.Take(IPAddress.Parse("10.0.0.3"), out _));
        Take(places, "10.0.0.4", 1);
        Assert.Equal([many[0], many[2], many[4]], _closed);
        Assert.Equal(6, places.Count);
    }

    [Fact]
    public void Without_one_that_is_idle_the_request_that_came_first_goes()
    {
        var places = new ClientPlaces(3, 3, _time);
        ClientPlace[] many = Take(places, "10.0.0.1", 3);
        foreach (int i in (int[])[1, 2, 0])
        {
            many[i].Received();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Take(places, "10.0.0.2", 1);
        Assert.Equal([many[1]], _closed);
    }

    [Fact]
    public void What_was_closed_for_others_and_does_not_end_is_bounded()
    {
        var places = new ClientPlaces(8, 2, _time);
        Take(places, "10.0.0.1", 8);
        Take(places, "10.0.0.2", 2);
        Assert.Null(places.Take(IPAddress.Parse("10.0.0.3"), out _));
        _closed[0].Dispose();
        _closed[0].Dispose();
        Take(places, "10.0.0.3", 1);
        Assert.Null(places.Take(IPAddress.Parse("10.0.0.3"), out _));
        Assert.Equal((3, 8), (_closed.Count, places.Count));
    }

    [Fact]
    public void A_place_that_is_given_back_is_free_once()
    {
        var places = new ClientPlaces(2, 1, _time);
        ClientPlace[] taken = Take(places, "10.0.0.1", 2);
        taken[0].Dispose();
        taken[0].Dispose();
        Assert.Equal(1, places.Count);
        Take(places, "10.0.0.1", 1);
        Assert.Null(places.Take(IPAddress.Parse("10.0.0.1"), out _));
    }

    [Fact]
    public void A_place_whose_connection_is_not_made_yet_is_nobodys_to_give()
    {
        var places = new ClientPlaces(2, 1, _time);
        Assert.NotNull(places.Take(IPAddress.Parse("10.0.0.1"), out _));
        Assert.NotNull(places.Take(IPAddress.Parse("10.0.0.1"), out _));
        Assert.Null(places.Take(IPAddress.Parse("10.0.0.2"), out _));
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::", true)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", false)]
    public void Of_IPv6_the_first_half_is_one_client(string one, string other, bool same) =>
        Assert.Equal(same, ClientAddress.Of(IPAddress.Parse(one)) == ClientAddress.Of(IPAddress.Parse(other)));

    private ClientPlace[] Take(ClientPlaces places, string address, int count) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        ClientPlace? place = places.Take(IPAddress.Parse(address), out bool _);
        Assert.True(place is not null, $"there is no place for {address}");
        place.Occupy(_ => _closed.Add(place));
        _time.Advance(TimeSpan.FromTicks(1));
        return place;
    })];
}
