using System.Globalization;
using System.Text;

namespace Qos.Fleet.Api;

/// <summary>The API's names of one activity, of which each is made from the others.</summary>
public static class ApiNames
{
    /// <summary>The types of all activities, by the last part of their path.</summary>
    public static IReadOnlyDictionary<string, string> Activities { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["create_tvc_app"] = "CREATE_TVC_APP",
        ["create_tvc_deployment"] = "CREATE_TVC_DEPLOYMENT",
        ["create_tvc_manifest_approvals"] = "CREATE_TVC_MANIFEST_APPROVALS",
        ["post_tvc_quorum_key_share"] = "POST_TVC_QUORUM_KEY_SHARE",
        ["set_tvc_app_live_deployment"] = "UPDATE_TVC_APP_LIVE_DEPLOYMENT",
        ["delete_tvc_deployment"] = "DELETE_TVC_DEPLOYMENT",
        ["restore_tvc_deployment"] = "RESTORE_TVC_DEPLOYMENT",
        ["delete_tvc_app_and_deployments"] = "DELETE_TVC_APP_AND_DEPLOYMENTS",
    };

    /// <summary>What begins every type.</summary>
    public const string TypePrefix = "ACTIVITY_TYPE_";

    /// <summary>The member of <c>intent</c> or <c>result</c>: <c>createTvcAppIntent</c> of <c>ACTIVITY_TYPE_CREATE_TVC_APP</c>.</summary>
    public static string Member(string type, string suffix)
    {
        ArgumentNullException.ThrowIfNull(type);
        var name = new StringBuilder();
        foreach (string word in type[TypePrefix.Length..].Split('_'))
            name.Append(name.Length == 0 ? word.ToLowerInvariant() : CultureInfo.InvariantCulture.TextInfo.ToTitleCase(word.ToLowerInvariant()));
        return name.Append(suffix).ToString();
    }
}
