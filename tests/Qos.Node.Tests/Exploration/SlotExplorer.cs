using Qos.Protocol;
using Content = Qos.Node.Tests.SlotModel.Content;

namespace Qos.Node.Tests;

/// <summary>
/// Goes through every state that a waiting node can be brought into, by every order of every post, and compares what the real node does with the model. A node cannot be
/// copied, so each transition begins with a new one that is brought to the state again; its randomness is the same each time, and so are the messages.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="start">A new node that waits for shares.</param>
/// <param name="post">A member's post of a content.</param>
/// <param name="foreign">Messages that are somebody's, and must change nothing in any state, with their refusals.</param>
/// <param name="isComplete">Whether an answer says that the key is there.</param>
/// <param name="check">Looks at a node against a state that it must be in.</param>
internal sealed class SlotExplorer(
    SlotModel model,
    Func<TestNode> start,
    Func<int, Content, ProtocolMessage> post,
    IReadOnlyList<(string Name, ProtocolMessage Message, ProtocolErrorCode Refusal)> foreign,
    Func<ProtocolMessage, bool> isComplete,
    Action<TestNode, Content[], bool> check)
{
    private readonly Dictionary<(int, Content), ProtocolMessage> _posts = [];

    /// <summary>States that were reached.</summary>
    internal int States { get; private set; }

    /// <summary>Transitions that were compared.</summary>
    internal int Transitions { get; private set; }

    internal void Explore()
    {
        var queue = new Queue<((int Member, Content Content)[] Path, Content[] Slots)>();
        var seen = new HashSet<string>();
        queue.Enqueue(([], model.Empty));
        seen.Add(Key(model.Empty));
        while (queue.TryDequeue(out var state))
        {
            States++;
            using (TestNode node = Bring(state.Path))
            {
                check(node, state.Slots, false);
                foreach ((string name, ProtocolMessage message, ProtocolErrorCode refusal) in foreign)
                {
                    ProtocolErrorCode code = node.Refused(message).Code;
                    Assert.True(code == refusal, $"{Key(state.Slots)}, {name}: expected {refusal}, got {code}");
                    Transitions++;
                }

                check(node, state.Slots, false);
            }

            RequireWayOut(state.Path, state.Slots);
            for (int member = 0; member < model.Members; member++)
            {
                foreach (Content content in SlotModel.Contents)
                {
                    if (state.Slots[member] == content)
                        continue;
                    (Content[] next, ProtocolErrorCode? refusal, bool complete) = model.Post(state.Slots, member, content);
                    using TestNode node = Bring(state.Path);
                    Compare(node, state.Slots, member, content, refusal, complete);
                    check(node, next, complete);
                    if (!complete && seen.Add(Key(next)))
                        queue.Enqueue(([.. state.Path, (member, content)], next));
                }
            }
        }
    }

    /// <summary>However a node was treated: as soon as as many members as are needed post their own shares, in any state, the key is there.</summary>
    private void RequireWayOut((int, Content)[] path, Content[] slots)
    {
        foreach (int[] honest in Combinations.All(model.Members, model.Threshold))
        {
            using TestNode node = Bring(path);
            Content[] now = slots;
            bool complete = false;
            foreach (int member in honest)
            {
                if (complete)
                    break;
                (Content[] next, ProtocolErrorCode? refusal, complete) = model.Post(now, member, Content.Own);
                Compare(node, now, member, Content.Own, refusal, complete);
                now = next;
            }

            Assert.True(complete, $"{Key(slots)}: the shares of {string.Join(", ", honest)} do not make the key");
        }
    }

    private void Compare(TestNode node, Content[] slots, int member, Content content, ProtocolErrorCode? refusal, bool complete)
    {
        ProtocolMessage answer = node.Send(Message(member, content));
        string at = $"{Key(slots)}, {member} posts {content}";
        if (refusal is { } code)
            Assert.True(answer is ProtocolMessage.ProtocolErrorResponse { Error: var error } && error.Code == code, $"{at}: expected {code}, got {answer}");
        else
            Assert.True(answer is not ProtocolMessage.ProtocolErrorResponse && isComplete(answer) == complete, $"{at}: expected {(complete ? "the key" : "no key yet")}, got {answer}");
        Transitions++;
    }

    private TestNode Bring((int Member, Content Content)[] path)
    {
        TestNode node = start();
        foreach ((int member, Content content) in path)
            node.Send(Message(member, content));
        return node;
    }

    private ProtocolMessage Message(int member, Content content)
    {
        if (!_posts.TryGetValue((member, content), out ProtocolMessage? message))
            _posts[(member, content)] = message = post(member, content);
        return message;
    }

    private static string Key(Content[] slots) => string.Join(' ', slots);
}
