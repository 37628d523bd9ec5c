namespace Qos.Machine.Tests;

/// <summary>What a test needs of a machine besides that it boots.</summary>
internal enum MachineNeed
{
    /// <summary>A module that signs its documents: the QEMU that <c>eif/qemu/build-qemu</c> builds.</summary>
    SigningModule,

    /// <summary>The image's own kernel.</summary>
    PinnedKernel,

    /// <summary>The kernel beside the clone, which has more in it than the image's own.</summary>
    LargerKernel,
}
