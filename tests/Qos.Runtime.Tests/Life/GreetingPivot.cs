using System.Diagnostics;

namespace Qos.Runtime.Tests.Life;

/// <summary>A pivot that greets whoever connects to 127.0.0.1, and ends with the code that it is told.</summary>
internal static class GreetingPivot
{
    private const string Source = """
        #include <arpa/inet.h>
        #include <stdlib.h>
        #include <sys/socket.h>
        #include <unistd.h>
        int main(int argc, char **argv)
        {
            int listener = socket(AF_INET, SOCK_STREAM, 0);
            int one = 1; /* the one before may have left a connection that lingers */
            setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
            struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])) };
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 8) != 0)
                return 98;
            for (;;) {
                char code;
                int peer = accept(listener, NULL, NULL);
                if (write(peer, "hello", 5) != 5)
                    return 97;
                if (read(peer, &code, 1) == 1)
                    return code;
                close(peer);
            }
        }
        """;

    public static byte[] Compile(TestFolder folder)
    {
        File.WriteAllText(folder["greeting.c"], Source);
        using Process compiler = Process.Start("cc", ["-static", "-o", folder["greeting"], folder["greeting.c"]]);
        compiler.WaitForExit();
        Assert.Equal(0, compiler.ExitCode);
        return File.ReadAllBytes(folder["greeting"]);
    }
}
