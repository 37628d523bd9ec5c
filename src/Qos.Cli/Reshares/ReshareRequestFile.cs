using System.CommandLine;
using Qos.Client;
using Qos.Protocol;

namespace Qos.Cli;

/// <summary><c>--request FILE</c>: a request from a source of the person's own, of the purpose that the command is for.</summary>
internal static class ReshareRequestFile
{
    /// <summary>The option.</summary>
    public static Option<string> Option() => StandardOptions.Input("--request", "The request, from a source of your own.");

    /// <summary>Reads it, and refuses what nobody should approve or take part in.</summary>
    /// <exception cref="CeremonyException">It is no request, of the other purpose, or unsound.</exception>
    public static ReshareRequest Read(string path, bool isDrill)
    {
        ReshareRequest request = InputFile.Read(path, static bytes => ReshareFormat.Read(bytes), "a reshare request");
        RequirePurpose(request, isDrill);
        ReshareCeremony.RequireSound(request);
        return request;
    }

    /// <summary>Refuses a request of the other purpose: nobody who means to rehearse gives a share away.</summary>
    public static void RequirePurpose(ReshareRequest request, bool isDrill)
    {
        if (request.IsDrill != isDrill)
            throw new CeremonyException(isDrill ? "This request makes new shares; it is no drill. Use 'qos reshare' when you mean that." : "This request is a drill; use 'qos drill'.");
    }
}
