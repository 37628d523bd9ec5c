using System.Text.Json;
using System.Text.Json.Serialization;

namespace Qos.Fleet.Api;

/// <summary>
/// The API's JSON: camelCase and in no other case, no member twice, absent instead of null, bytes in base64, numbers also taken from text. Specification:
/// cloud-api, Transport.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNameCaseInsensitive = false,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CreateAppParameters))]
[JsonSerializable(typeof(CreateAppResult))]
[JsonSerializable(typeof(CreateDeploymentParameters))]
[JsonSerializable(typeof(CreateDeploymentResult))]
[JsonSerializable(typeof(CreateApprovalsParameters))]
[JsonSerializable(typeof(CreateApprovalsResult))]
[JsonSerializable(typeof(PostShareParameters))]
[JsonSerializable(typeof(PostShareResult))]
[JsonSerializable(typeof(DeploymentParameters))]
[JsonSerializable(typeof(DeploymentResult))]
[JsonSerializable(typeof(AppParameters))]
[JsonSerializable(typeof(AppResult))]
[JsonSerializable(typeof(QueryParameters))]
[JsonSerializable(typeof(WhoAmI))]
[JsonSerializable(typeof(ApiAnswer))]
[JsonSerializable(typeof(ApiStatus))]
[JsonSerializable(typeof(ApiBootProof))]
[JsonSerializable(typeof(ApiBootProofs))]
[JsonSerializable(typeof(System.Text.Json.JsonElement))]
[JsonSerializable(typeof(SubmitBody))]
[JsonSerializable(typeof(PlanBody))]
[JsonSerializable(typeof(StampBody))]
[JsonSerializable(typeof(ApiKeyBody))]
public sealed partial class ApiJson : JsonSerializerContext;
