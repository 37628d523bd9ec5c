using Qos.Nsm;

namespace Qos.Node.Tests;

/// <summary>A module whose answers a test can change.</summary>
internal sealed class ScriptedNsm(INsm inner) : INsm
{
    internal List<NsmRequest> Requests { get; } = [];

    /// <summary>Gets each request and how many of its kind came, itself included; what it returns is the answer, null the true one.</summary>
    internal Func<NsmRequest, int, Func<NsmResponse>, NsmResponse?>? Lie { get; set; }

    public NsmResponse Send(NsmRequest request)
    {
        int count;
        lock (Requests)
        {
            Requests.Add(request);
            count = Requests.Count(other => other.GetType() == request.GetType());
        }

        return Lie?.Invoke(request, count, () => inner.Send(request)) ?? inner.Send(request);
    }
}
