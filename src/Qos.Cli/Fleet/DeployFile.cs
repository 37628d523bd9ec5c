using Qos.Fleet.Api;

namespace Qos.Cli;

/// <summary>A deployment's file, with the member names of the cloud's tool; <c>pivotEnv</c> and <c>ingressType</c> are ours.</summary>
internal static class DeployFile
{
    public const string Template =
        """
        # A deployment: one executable out of one image. 'qos deploy plan FILE' shows what it would be.
        appId: <FILL_IN_APP_ID>                # of 'qos app list', or the app's name
        qosVersion: local                      # an image that the service boots: 'qos app show' lists them
        pivotContainerImageUrl: <FILL_IN_IMAGE>  # registry.example.com/team/app:1.4
        pivotPath: <FILL_IN_PATH>              # the executable in it
        expectedPivotDigest: <FILL_IN_SHA256>  # sha256sum of the executable that you built
        pivotArgs: []
        # pivotEnv: { NAME: value }            # everybody can read it in the manifest
        healthCheckType: TVC_HEALTH_CHECK_TYPE_HTTP  # GET /health; or TVC_HEALTH_CHECK_TYPE_GRPC
        healthCheckPort: 3000
        publicIngressPort: 3000
        # ingressType: TCP                     # a port of its own instead of a host name
        replicas: 3
        # dangerousDeployDebugMode: true       # the app's output can be read outside

        """;

    /// <summary>Reads a file.</summary>
    public static CreateDeploymentParameters Read(string path)
    {
        FleetFile file = FleetFile.Read(path);
        var parameters = new CreateDeploymentParameters
        {
            AppId = file.Text("appId"),
            QosVersion = file.Text("qosVersion"),
            PivotContainerImageUrl = file.Text("pivotContainerImageUrl"),
            PivotPath = file.Text("pivotPath"),
            ExpectedPivotDigest = file.Text("expectedPivotDigest"),
            PivotArgs = file.Texts("pivotArgs"),
            PivotEnv = file.Pairs("pivotEnv") is { Count: > 0 } pairs ? [.. pairs.Select(static pair => new EnvironmentVariable { Name = pair.Name, Value = pair.Value })] : null,
            PivotContainerEncryptedPullSecret = file.OptionalText("pivotContainerEncryptedPullSecret"),
            HealthCheckType = file.OptionalText("healthCheckType") ?? "TVC_HEALTH_CHECK_TYPE_HTTP", // the public definition demands it
            HealthCheckPort = file.Number("healthCheckPort") ?? 3000,
            PublicIngressPort = file.Number("publicIngressPort") ?? 3000,
            IngressType = file.OptionalText("ingressType"),
            Nonce = file.Number("nonce"),
            Replicas = file.Number("replicas"),
            InstanceSizeCpus = file.Number("instanceSizeCpus"),
            InstanceSizeRam = file.Number("instanceSizeRam"),
            DebugMode = file.Flag("dangerousDeployDebugMode") is true ? true : null,
        };
        file.End();
        return parameters;
    }
}
