using Qos.Verify;

namespace Qos.Nsm.Tests;

/// <summary>Makes an examination throw as a verification does.</summary>
internal static class Examination
{
    public static void Verify(this AttestationExaminer examiner, AttestationDocument document, DateTimeOffset time)
    {
        if (examiner.Examine(document, time).FirstOrDefault(static finding => !finding.Passed) is { } finding)
            throw finding.Failure!;
    }
}
