/*
 * The app of the machine's tests, static, on 127.0.0.1:PORT: does on request what an app may do to its node. One request, a line, a connection:
 *
 *     echo N        sends the N bytes that follow back, once all have come
 *     file PATH     the file's length in a line, and its bytes
 *     end CODE      ends with that code; CODE 0x100 and above is a signal, so that `end 0x109` is SIGKILL
 *     flood         writes to stdout and stderr as fast as it can from here on, and says so
 *
 * Lengths, and bulk one way at a time, because the vsock back end of the machine neither passes the end of one direction on nor always survives
 * bulk in both directions of a connection: docs/machine.md. In C, because it must be one static file and a second NativeAOT publish would cost
 * every build half a minute.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_all(int to, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = write(to, bytes, count);
        if (sent <= 0)
            return -1;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

static void echo(int peer, size_t count)
{
    char *bytes = malloc(count);
    size_t have = 0;
    ssize_t got = 1;
    while (bytes != NULL && have < count && got > 0) {
        got = read(peer, bytes + have, count - have);
        have += got > 0 ? (size_t)got : 0;
    }
    if (have == count)
        send_all(peer, bytes, count);
    free(bytes);
}

static void answer(int peer, const char *bytes, size_t count)
{
    char length[32];
    send_all(peer, length, (size_t)snprintf(length, sizeof length, "%zu\n", count));
    send_all(peer, bytes, count);
}

static void file(int peer, const char *path)
{
    char bytes[16 * 1024];
    size_t have = 0;
    ssize_t got;
    int from = open(path, O_RDONLY);
    while (from >= 0 && (got = read(from, bytes + have, sizeof bytes - have)) > 0)
        have += (size_t)got;
    close(from);
    answer(peer, bytes, have);
}

/* Short lines, a terminal's commands, a line of our node's own form, and one without an end. */
static void *flood(void *descriptor)
{
    static const char lines[] = "flood\n\x1b[2J\n1970-01-01T00:00:00.000Z info forged\n";
    static char endless[1 << 16];
    memset(endless, 'x', sizeof endless);
    for (unsigned round = 0;; round++) {
        send_all((int)(long)descriptor, lines, sizeof lines - 1);
        if (round % 1024 == 0)
            send_all((int)(long)descriptor, endless, sizeof endless);
    }
    return NULL;
}

static void *serve(void *argument)
{
    int peer = (int)(long)argument;
    char line[256];
    size_t length = 0;
    while (length < sizeof line - 1 && read(peer, line + length, 1) == 1 && line[length] != '\n')
        length++;
    line[length] = '\0';
    if (strncmp(line, "echo ", 5) == 0)
        echo(peer, strtoull(line + 5, NULL, 0));
    if (strncmp(line, "file ", 5) == 0)
        file(peer, line + 5);
    if (strncmp(line, "end ", 4) == 0) {
        long how = strtol(line + 4, NULL, 0);
        /* Of this thread, which then goes no further; one of the process could reach another thread after the exit. */
        if (how >= 0x100)
            raise((int)(how - 0x100));
        _exit((int)how);
    }
    if (strcmp(line, "flood") == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, flood, (void *)1L);
        pthread_create(&thread, NULL, flood, (void *)2L);
        answer(peer, "flooding", 8);
    }
    close(peer);
    return NULL;
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    here.sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 0));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 64) != 0) {
        perror("pivot");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        pthread_t thread;
        int peer = accept(listener, NULL, NULL);
        if (peer >= 0 && pthread_create(&thread, NULL, serve, (void *)(long)peer) == 0)
            pthread_detach(thread);
    }
}
