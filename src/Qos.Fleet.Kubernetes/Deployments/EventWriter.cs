using k8s;
using k8s.Models;

namespace Qos.Fleet.Kubernetes;

/// <summary>Events of an EnclaveDeployment, for <c>kubectl describe</c>: one for each step that a person waits for. Losing one costs nothing.</summary>
internal sealed class EventWriter(IKubernetes client, string ns, TimeProvider time)
{
    private const int MaxMessage = 900;

    public async Task TellAsync(EnclaveDeploymentView view, EnclaveCondition condition, CancellationToken cancellationToken)
    {
        // What did not happen yet is no event, but for what a person must do or mend.
        bool isTrouble = condition.Status == "False" && condition.Reason is "ApprovalsMissing" or "SharesMissing" || (condition.Type == "Accepted" && condition.Status == "False");
        if (condition.Status != "True" && !isTrouble)
            return;
        DateTime now = time.GetUtcNow().UtcDateTime;
        string message = condition.Message ?? $"{condition.Type} is {condition.Status}";
        try
        {
            await client.CoreV1.CreateNamespacedEventAsync(
                new Corev1Event
                {
                    ApiVersion = "v1",
                    Kind = "Event",
                    Metadata = new V1ObjectMeta { Name = $"{view.Name}.{Guid.NewGuid():N}", NamespaceProperty = ns },
                    InvolvedObject = new V1ObjectReference
                    {
                        ApiVersion = $"{KubernetesNames.Group}/{KubernetesNames.Version}",
                        Kind = "EnclaveDeployment",
                        Name = view.Name,
                        NamespaceProperty = ns,
                        Uid = view.Uid,
                    },
                    Type = isTrouble && condition.Type == "Accepted" ? "Warning" : "Normal",
                    Reason = condition.Status == "True" ? condition.Type : condition.Reason,
                    Message = message.Length > MaxMessage ? message[..MaxMessage] : message,
                    FirstTimestamp = now,
                    LastTimestamp = now,
                    Count = 1,
                    Source = new V1EventSource { Component = KubernetesNames.FieldManager },
                    ReportingComponent = KubernetesNames.FieldManager,
                },
                ns,
                fieldManager: KubernetesNames.FieldManager,
                cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (KubernetesErrors.IsApi(e, cancellationToken))
        {
            // The status says the same.
        }
    }
}
