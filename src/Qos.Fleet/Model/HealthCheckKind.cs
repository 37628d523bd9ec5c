namespace Qos.Fleet;

/// <summary>The question of a health check.</summary>
public enum HealthCheckKind
{
    /// <summary><c>GET /health</c>, answered by a 2xx.</summary>
    Http,

    /// <summary><c>grpc.health.v1.Health/Check</c>, answered by SERVING.</summary>
    Grpc,
}
