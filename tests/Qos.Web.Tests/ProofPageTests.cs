using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Qos.Control.Tests;
using Qos.Fleet;
using Qos.Fleet.World;
using Qos.Vectors;
using static Microsoft.Playwright.Assertions;

namespace Qos.Web.Tests;

/// <summary>The proof page in a browser: what holds is shown link by link, and for whom; everything else is refused, also what a server makes of it.</summary>
public class ProofPageTests(Chromium chromium)
{
    // `make test-web` flips every byte; a plain run one of so many, each day others.
    private const int Stride = 16;
    private const string Valid = "Valid for the deployment that you named";

    [BrowserFact]
    public async Task A_proof_is_verified_link_by_link_for_whom_the_visitor_names()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        string proof = await ProofAsync(world);
        foreach ((string look, ColorScheme scheme, bool phone) in ((string, ColorScheme, bool)[])[("light", ColorScheme.Light, false), ("dark", ColorScheme.Dark, false), ("phone", ColorScheme.Light, true)])
        {
            await using Visit visit = await chromium.VisitAsync(scheme, phone);
            await visit.Page.GotoAsync($"{world.Service.Api}verify/");
            await visit.LookAsync($"verify-empty-{look}");
            await FillAsync(visit.Page, world, proof, asTools: phone);
            await visit.Page.ClickAsync("#verify");
            await Expect(visit.Page.Locator("#verdict")).ToHaveTextAsync(Valid);
            await Expect(visit.Page.Locator("#for-whom")).ToContainTextAsync($"of the deployment that you named; namespace prod/tvc/{world.Signer.Id}");
            await Expect(visit.Page.Locator(".link.bad")).ToHaveCountAsync(0);
            await visit.Page.EvaluateAsync("document.getElementById('answer').scrollIntoView()");
            await visit.LookAsync($"verify-{look}");
            Assert.Empty(visit.Complaints);
        }
    }

    [BrowserFact]
    public async Task A_verdict_without_pins_says_what_was_given_up()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await visit.Page.GotoAsync($"{world.Service.Api}verify/");
        await FillAsync(visit.Page, world, await ProofAsync(world));
        await visit.Page.FillAsync("#quorum-key", "");
        await visit.Page.ClickAsync("#verify");
        await Expect(visit.Page.Locator("#verdict")).ToContainTextAsync("Say whose deployment it must be");
        await visit.Page.CheckAsync("#anyone");
        await visit.Page.ClickAsync("#verify");
        await Expect(visit.Page.Locator("#verdict")).ToContainTextAsync("Valid for anyone, also a stranger, with");
        await Expect(visit.Page.Locator("#for-whom")).ToContainTextAsync("of anyone");
    }

    [BrowserFact]
    public async Task Every_byte_of_a_proof_that_is_flipped_is_refused()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await using Visit visit = await chromium.VisitAsync();
        await visit.Page.GotoAsync($"{world.Service.Api}verify/");
        string proof = await ProofAsync(world);
        await FillAsync(visit.Page, world, proof);
        int stride = Environment.GetEnvironmentVariable("QOS_MUTANTS") is null ? Stride : 1;
        string outcome = await visit.Page.EvaluateAsync<string>(FlipEveryByte, new { proof, stride, first = DateTime.UtcNow.DayOfYear % stride });
        Assert.Matches("^[0-9]+ refused, 0 accepted: $", outcome);
        Assert.InRange(int.Parse(outcome.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), 8000 / stride, int.MaxValue);

        // The loop itself can tell: the proof as it is holds.
        await visit.Page.FillAsync("#proof", proof);
        await visit.Page.ClickAsync("#verify");
        await Expect(visit.Page.Locator("#verdict")).ToHaveTextAsync(Valid);
    }

    [BrowserFact]
    public async Task A_server_that_lies_is_caught()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        await world.World.ApproveAsync(world.Next, 0);
        await world.UntilReadyAsync(world.Signer, world.Next, 3);
        Replica[] replicas = [.. await world.World.Database.ReplicasAsync(world.Signer.Id, default)];
        string key = replicas.First(replica => replica.DeploymentId == world.Live.Id).EphemeralKey!;
        JsonNode right = await BootProofAsync(world, key);
        JsonNode sibling = await BootProofAsync(world, replicas.Last(replica => replica.DeploymentId == world.Live.Id).EphemeralKey!);
        JsonNode next = await BootProofAsync(world, replicas.First(replica => replica.DeploymentId == world.Next.Id).EphemeralKey!);
        (string Lie, JsonNode Answer, string Refused)[] lies =
        [
            ("none", right, Valid),
            ("another replica's document", With(right, "awsAttestationDocB64", sibling), "keys.boot-proof"),
            ("another manifest", With(right, "qosManifestB64", next), "manifest.hash"),
            ("another envelope", With(right, "qosManifestEnvelopeB64", next), "envelope.manifest"),
            ("another manifest and envelope", With(With(right, "qosManifestB64", next), "qosManifestEnvelopeB64", next), "manifest.hash"),
            ("a proof under another root", JsonNode.Parse(VectorFiles.Bytes("proofs", "turnkey_1.json"))!["bootProof"]!, "document.chain"),
        ];
        foreach ((string lie, JsonNode answer, string refused) in lies)
        {
            await using Visit visit = await chromium.VisitAsync();
            await visit.Page.RouteAsync("**/boot-proofs/*", route => route.FulfillAsync(new RouteFulfillOptions { ContentType = "application/json", Body = answer.ToJsonString() }));
            await visit.Page.GotoAsync($"{world.Service.Api}verify/#key={key}");
            await Expect(visit.Page.Locator("#proof")).Not.ToHaveValueAsync("");
            await FillAsync(visit.Page, world, await visit.Page.InputValueAsync("#proof"));
            await visit.Page.ClickAsync("#verify");
            await Expect(visit.Page.Locator("#verdict")).ToHaveTextAsync(refused == Valid ? refused : $"Refused: {refused}");
            if (refused != Valid)
                await Expect(visit.Page.Locator("#for-whom")).ToHaveTextAsync("Believe nothing that came with this proof.");
            Assert.True(visit.Complaints.Count == 0, $"{lie}: {string.Join('\n', visit.Complaints)}");
        }
    }

    [BrowserFact]
    public async Task The_file_works_from_a_disk_with_the_network_off_and_a_link_carries_a_proof()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        string proof = await ProofAsync(world);
        string folder = Directory.CreateTempSubdirectory("qos-offline").FullName;
        try
        {
            string file = Path.Combine(folder, "verify-offline.html");
            await File.WriteAllTextAsync(file, await world.Service.GetAsync("verify/verify-offline.html"));
            await using Visit visit = await chromium.VisitAsync();
            await visit.OfflineAsync();
            string fragment = Convert.ToBase64String(Encoding.UTF8.GetBytes(proof)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
            await visit.Page.GotoAsync($"file://{file}#proof={fragment}");
            await Expect(visit.Page.Locator("#proof")).ToHaveValueAsync(proof);
            await Expect(visit.Page.Locator("#lookup")).ToBeHiddenAsync();
            await FillAsync(visit.Page, world, proof);
            await visit.Page.ClickAsync("#verify");
            await Expect(visit.Page.Locator("#verdict")).ToHaveTextAsync(Valid);
            Assert.All(visit.Requests, static request => Assert.StartsWith("file://", request, StringComparison.Ordinal));
            Assert.Empty(visit.Complaints);

            // Its own policy holds there too.
            Assert.Equal("refused", await visit.Page.EvaluateAsync<string>("fetch('data:text/plain,x').then(() => 'allowed', () => 'refused')"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [BrowserFact]
    public async Task The_badge_says_for_whom_what_was_left_open_and_when_a_proof_is_refused()
    {
        await using ConsoleWorld world = await ConsoleWorld.StartAsync();
        string app = $"{world.Service.Api}badge/#app={world.Signer.Id}", root = $"&root={Convert.ToHexStringLower(FleetWorld.Pki.RootDer.Span)}";
        string pcrs = string.Concat(Enumerable.Range(0, 3).Select(static index => $"&pcr{index}={Convert.ToHexStringLower(FleetWorld.Pcrs[index])}"));
        string quorum = $"&quorumKey={world.Signer.QuorumPublicKey}";
        (string Named, string Verdict, string Says)[] cases =
        [
            (root + pcrs + quorum, $"Runs in an enclave, for prod/tvc/{world.Signer.Id}", "for the quorum key with fingerprint"),
            (root + quorum, $"Runs in an enclave, for prod/tvc/{world.Signer.Id}", "This page left open: the image"),
            (root, "Runs in an enclave, for anyone", "This page left open: whose it is, the image"),
            (pcrs + quorum, "Proof refused", "document.chain"),
            (root + pcrs + "&quorumKey=" + new string('0', 260), "Proof refused", "identity.quorum-key"),
            (root + pcrs.Replace("a0a0", "a0a1", StringComparison.Ordinal) + quorum, "Proof refused", "trusted.pcrs"),
            (root + "&quorumKey=<b>", "No proof", "identity.quorumKeys is bytes or hex"),
        ];
        foreach ((string named, string verdict, string says) in cases)
        {
            await using Visit visit = await chromium.VisitAsync();
            await visit.Page.GotoAsync(app + named);
            await Expect(visit.Page.Locator("#verdict")).ToHaveTextAsync(verdict);
            await Expect(visit.Page.Locator("#for-whom")).ToContainTextAsync(says);
            Assert.Equal("", await visit.AxeAsync());
            Assert.Empty(visit.Complaints);
        }
    }

    // The form is filled and sent as a visitor does, once for each byte; what decides is the verdict that the page shows.
    private const string FlipEveryByte = """
        async ({ proof, stride, first }) => {
          const find = (id) => document.getElementById(id);
          const answer = find('answer');
          const verdict = async (text) => {
            find('proof').value = text;
            answer.hidden = true;
            const done = new Promise((resolve) => { new MutationObserver((_, observer) => { if (!answer.hidden) { observer.disconnect(); resolve(); } }).observe(answer, { attributes: true, attributeFilter: ['hidden'] }); });
            find('form').requestSubmit();
            await done;
            return find('verdict').textContent;
          };
          const parsed = JSON.parse(proof);
          const latin = (bytes) => String.fromCharCode(...bytes);
          const codings = {
            base64: [(text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), (bytes) => btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''))],
            hex: [(text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16)), (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')],
            text: [(text) => new TextEncoder().encode(text), (bytes) => latin(bytes)],
          };
          const members = [
            ['appProof', 'publicKey', 'hex'], ['appProof', 'signature', 'hex'], ['appProof', 'proofPayload', 'text'],
            ['bootProof', 'ephemeralPublicKeyHex', 'hex'], ['bootProof', 'awsAttestationDocB64', 'base64'], ['bootProof', 'qosManifestB64', 'base64'], ['bootProof', 'qosManifestEnvelopeB64', 'base64'],
          ];
          let refused = 0;
          const accepted = [];
          for (const [part, member, coding] of members) {
            const [decode, encode] = codings[coding];
            const bytes = decode(parsed[part][member]);
            for (let at = first; at < bytes.length; at += stride) {
              const mutant = Uint8Array.from(bytes);
              mutant[at] ^= 1;
              const said = await verdict(JSON.stringify({ ...parsed, [part]: { ...parsed[part], [member]: encode(mutant) } }));
              if (said.startsWith('Refused')) refused++;
              else accepted.push(`${member}[${at}] ${said}`);
            }
          }
          return `${refused} refused, ${accepted.length} accepted: ${accepted.slice(0, 20).join('; ')}`;
        }
        """;

    private static async Task<JsonNode> BootProofAsync(ConsoleWorld world, string key) => JsonNode.Parse(await world.Service.GetAsync($"boot-proofs/{key}"))!;

    private static async Task<string> ProofAsync(ConsoleWorld world)
    {
        JsonNode boot = JsonNode.Parse(await world.Service.GetAsync($"apps/{world.Signer.Id}/boot-proofs/latest"))!;
        return new JsonObject { ["appProof"] = JsonNode.Parse(FleetWorld.AppProof((string)boot["ephemeralPublicKeyHex"]!)), ["bootProof"] = boot }.ToJsonString();
    }

    private static JsonNode With(JsonNode proof, string member, JsonNode other)
    {
        JsonNode changed = proof.DeepClone();
        changed[member] = other[member]!.DeepClone();
        return changed;
    }

    private static async Task FillAsync(IPage page, ConsoleWorld world, string proof, bool asTools = false)
    {
        await page.FillAsync("#proof", proof);
        await page.FillAsync("#quorum-key", world.Signer.QuorumPublicKey);
        await page.FillAsync("#pcrs", string.Join('\n', Enumerable.Range(0, 3).Select(index => Pcr(index, asTools))));
        await page.EvaluateAsync("document.querySelector('details').open = true");
        await page.FillAsync("#root", FleetWorld.Pki.RootPem);
        await page.EvaluateAsync("document.querySelector('details').open = false");
    }

    // As this project's files have measurements, or as nitro-cli prints them.
    private static string Pcr(int index, bool asTools)
    {
        string value = Convert.ToHexStringLower(FleetWorld.Pcrs[index]);
        return asTools ? $"  \"PCR{index}\": \"{value}\"," : $"{value} PCR{index}";
    }
}
