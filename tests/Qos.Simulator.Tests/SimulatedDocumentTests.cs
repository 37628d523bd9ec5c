using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Qos.Nsm;
using Qos.Vectors;

namespace Qos.Simulator.Tests;

/// <summary>The simulator's documents pass exactly the verification of real ones, under its own root and no other.</summary>
public sealed class SimulatedDocumentTests
{
    private static readonly SimulatorPki s_pki = SimulatorPki.Create();

    internal static byte[] DocumentOf(SoftwareNsm nsm, NsmRequest.Attestation? request = null) =>
        Assert.IsType<NsmResponse.Attestation>(nsm.Send(request ?? new NsmRequest.Attestation())).Document.ToArray();

    [Fact]
    public void A_document_verifies_under_the_simulators_root_and_not_under_AWSs()
    {
        using var nsm = new SoftwareNsm(new() { Pki = s_pki });
        AttestationDocument document = AttestationDocument.Parse(DocumentOf(nsm));
        new AttestationVerifier(s_pki.RootDer.Span).Verify(document, DateTimeOffset.UtcNow);

        Assert.Throws<AttestationException>(() => new AttestationVerifier(AwsRoot.Der).Verify(document, DateTimeOffset.UtcNow));

        using var other = SimulatorPki.Create();
        Assert.Throws<AttestationException>(() => new AttestationVerifier(other.RootDer.Span).Verify(document, DateTimeOffset.UtcNow));
    }

    [Fact]
    public void Its_fields_are_the_requests_and_its_PCRs_the_locked_ones()
    {
        byte[] measured = SHA384.HashData([7]);
        using var nsm = new SoftwareNsm(new() { Pki = s_pki, Pcrs = new Dictionary<int, byte[]> { [2] = measured } });
        nsm.Send(new NsmRequest.ExtendPcr(17, new byte[] { 1 }));

        AttestationDocument before = AttestationDocument.Parse(DocumentOf(nsm));
        Assert.Equal(Enumerable.Range(0, 16), before.Pcrs.Keys.Order());
        Assert.Null(before.PublicKey);
        Assert.Null(before.UserData);
        Assert.Null(before.Nonce);

        nsm.Send(new NsmRequest.LockPcrs(32));
        AttestationDocument after = AttestationDocument.Parse(
            DocumentOf(nsm, new(UserData: new byte[512], Nonce: Array.Empty<byte>(), PublicKey: new byte[1024])));
        Assert.Equal(Enumerable.Range(0, 32), after.Pcrs.Keys.Order());
        Assert.Equal(measured, after.Pcrs[2].ToArray());
        Assert.Equal(Pcr.Extend(new byte[48], [1]), after.Pcrs[17].ToArray());
        Assert.Equal(512, after.UserData?.Length);
        Assert.Equal(0, after.Nonce?.Length);
        Assert.Equal(1024, after.PublicKey?.Length);
        Assert.Equal(nsm.ModuleId, after.ModuleId);
        Assert.Equal(5, after.CaBundle.Count + 1);
    }

    [Fact]
    public void The_leaf_lives_about_three_hours_and_is_renewed_for_a_module_that_runs_longer()
    {
        var clock = new ManualTime(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        using SimulatorPki pki = SimulatorPki.Create(clock);
        using var nsm = new SoftwareNsm(new() { Pki = pki, TimeProvider = clock });
        var verifier = new AttestationVerifier(pki.RootDer.Span);

        AttestationDocument first = AttestationDocument.Parse(DocumentOf(nsm));
        verifier.Verify(first, clock.Now);
        verifier.Verify(first, clock.Now.AddHours(3));
        Assert.Equal(
            AttestationError.Expired,
            Assert.Throws<AttestationException>(() => verifier.Verify(first, clock.Now.AddHours(3).AddSeconds(1))).Error);
        Assert.Equal(
            AttestationError.NotYetValid,
            Assert.Throws<AttestationException>(() => verifier.Verify(first, clock.Now.AddSeconds(-4))).Error);

        for (int hours = 0; hours < 80; hours += 7)
        {
            clock.Now = clock.Now.AddHours(7);
            AttestationDocument later = AttestationDocument.Parse(DocumentOf(nsm));
            verifier.Verify(later, clock.Now);
            Assert.Equal(clock.Now, later.Time);
        }
    }

    [Fact]
    public void A_skewed_clock_shows_in_time_stamp_and_validity()
    {
        var clock = new ManualTime(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        using SimulatorPki pki = SimulatorPki.Create(clock);
        using var nsm = new SoftwareNsm(new()
        {
            Pki = pki,
            TimeProvider = clock,
            Faults = new() { ClockSkew = TimeSpan.FromDays(-1) },
        });
        AttestationDocument document = AttestationDocument.Parse(DocumentOf(nsm));
        var verifier = new AttestationVerifier(pki.RootDer.Span);
        Assert.Equal(clock.Now.AddDays(-1), document.Time);
        verifier.Verify(document, document.Time);
        Assert.Equal(AttestationError.Expired, Assert.Throws<AttestationException>(() => verifier.Verify(document, clock.Now)).Error);
    }

    [Fact]
    public void With_the_references_certificates_documents_verify_under_its_root()
    {
        using SimulatorPki pki = SimulatorPki.FromMockDirectory(VectorFiles.PathOf("qos", "qos_nsm-static", "mock_pki"));
        using var nsm = new SoftwareNsm(new() { Pki = pki });
        byte[] root = VectorFiles.Bytes("qos", "qos_nsm-static", "mock_pki", "root.der");
        Assert.Equal(root, pki.RootDer.ToArray());

        AttestationDocument document = AttestationDocument.Parse(DocumentOf(nsm));
        new AttestationVerifier(root).Verify(document, DateTimeOffset.UtcNow);
        Assert.Throws<AttestationException>(() => new AttestationVerifier(AwsRoot.Der).Verify(document, DateTimeOffset.UtcNow));
    }

    [Fact]
    public void A_root_in_a_folder_outlives_the_module()
    {
        string folder = Directory.CreateTempSubdirectory("qos-sim-pki").FullName;
        try
        {
            byte[] document;
            using (SimulatorPki first = SimulatorPki.OpenOrCreate(Path.Combine(folder, "pki")))
            using (var nsm = new SoftwareNsm(new() { Pki = first }))
                document = DocumentOf(nsm);

            using SimulatorPki second = SimulatorPki.OpenOrCreate(Path.Combine(folder, "pki"));
            new AttestationVerifier(second.RootDer.Span).Verify(AttestationDocument.Parse(document), DateTimeOffset.UtcNow);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "pki", "root.key")));

            File.WriteAllText(Path.Combine(folder, "pki", "root.key"), "not a key");
            Assert.Throws<InvalidDataException>(() => SimulatorPki.OpenOrCreate(Path.Combine(folder, "pki")));
            File.Delete(Path.Combine(folder, "pki", "root.key"));
            Assert.Throws<InvalidDataException>(() => SimulatorPki.OpenOrCreate(Path.Combine(folder, "pki")));
            Assert.Throws<InvalidDataException>(() => SimulatorPki.FromMockDirectory(folder));

            // A pipe would be waited for, a file without end read without end.
            foreach ((string name, string[] make) in ((string, string[])[])[("root.pem", ["mkfifo"]), ("root.key", ["mkfifo"]), ("root.pem", ["ln", "-s", "/dev/zero"]), ("root.pem", ["truncate", "-s", "1T"])])
            {
                string wrong = Path.Combine(folder, "wrong");
                Directory.CreateDirectory(wrong);
                SimulatorPki.OpenOrCreate(wrong).Dispose();
                File.Delete(Path.Combine(wrong, name));
                using (var made = System.Diagnostics.Process.Start(make[0], [.. make[1..], Path.Combine(wrong, name)]))
                    made.WaitForExit();
                InvalidDataException refused = Assert.Throws<InvalidDataException>(() => SimulatorPki.OpenOrCreate(wrong));
                Assert.StartsWith(Path.Combine(wrong, name), refused.Message, StringComparison.Ordinal);
                Directory.Delete(wrong, recursive: true);
            }

            using (var made = System.Diagnostics.Process.Start("mkfifo", [Path.Combine(folder, "root.der")]))
                made.WaitForExit();
            Assert.Contains("root.der is a pipe", Assert.Throws<InvalidDataException>(() => SimulatorPki.FromMockDirectory(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_module_elsewhere_gets_certificates_under_the_same_root_and_their_key()
    {
        string folder = Directory.CreateTempSubdirectory("qos-sim-pki").FullName;
        try
        {
            string module = Path.Combine(folder, "module");
            using SimulatorPki pki = SimulatorPki.Create();
            pki.WriteModule(module, "i-1-enc2", TimeProvider.System.GetUtcNow());

            var bundle = new X509Certificate2Collection();
            bundle.ImportFromPemFile(Path.Combine(module, "cabundle.pem"));
            Assert.Equal(pki.RootDer.ToArray(), bundle[0].RawData);
            using X509Certificate2 leaf = X509Certificate2.CreateFromPemFile(Path.Combine(module, "leaf.pem"), Path.Combine(module, "leaf.key"));
            Assert.Equal(bundle[^1].SubjectName.RawData, leaf.IssuerName.RawData);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(module, "leaf.key")));

            // A key is never written over.
            Assert.Throws<IOException>(() => pki.WriteModule(module, "i-1-enc2", TimeProvider.System.GetUtcNow()));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Certificates_have_the_sizes_that_documents_allow_and_say_that_they_are_simulated()
    {
        using var nsm = new SoftwareNsm(new() { Pki = s_pki });
        AttestationDocument document = AttestationDocument.Parse(DocumentOf(nsm));
        foreach (ReadOnlyMemory<byte> certificate in document.CaBundle.Append(document.Certificate))
        {
            Assert.InRange(certificate.Length, 1, 1024);
            string text = Encoding.Latin1.GetString(certificate.Span);
            Assert.Contains("simulator", text, StringComparison.Ordinal);
            Assert.Contains("not AWS", text, StringComparison.Ordinal);
        }
    }
}
