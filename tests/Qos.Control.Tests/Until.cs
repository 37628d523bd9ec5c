namespace Qos.Control.Tests;

/// <summary>Waits for what the service does by itself, within a limit that only a failure reaches.</summary>
internal static class Until
{
    public static Task TrueAsync(Func<bool> look, string complaint) => TrueAsync(() => Task.FromResult(look()), complaint);

    public static async Task TrueAsync(Func<Task<bool>> look, string complaint)
    {
        for (int i = 0; i < 3000; i++)
        {
            if (await look())
                return;
            await Task.Delay(20);
        }

        throw new TimeoutException(complaint);
    }
}
