/*
 * The app of the machine's tests, static, on 127.0.0.1:PORT: does on request what an app may do to its node. One request, a line, a connection:
 *
 *     echo N        sends the N bytes that follow back, once all have come
 *     file PATH     the file's length in a line, and its bytes
 *     end CODE      ends with that code; CODE 0x100 and above is a signal, so that `end 0x109` is SIGKILL
 *     ask NAME PORT     connects to what the name means inside, sends a line and gives the line that comes back, or why there is none
 *     service PATH [BODY]   a request to the node's service, and the whole answer
 *     flood         writes to stdout and stderr as fast as it can from here on, and says so
 *
 * Lengths, and bulk one way at a time, because the vsock back end of the machine neither passes the end of one direction on nor always survives
 * bulk in both directions of a connection: docs/machine.md. In C, because it must be one static file and a second NativeAOT publish would cost
 * every build half a minute.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
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

/* Sends bytes, and answers with what comes back: a line, or everything until the other side closes. */
static void exchange(int peer, int other, const char *bytes, int line)
{
    static __thread char back[1 << 16];
    size_t length = 0;
    ssize_t got;
    send_all(other, bytes, strlen(bytes));
    while (length < sizeof back && !(line && length > 0 && back[length - 1] == '\n')
        && (got = read(other, back + length, sizeof back - length)) > 0)
        length += (size_t)got;
    close(other);
    answer(peer, back, length);
}

/* By name, as any program asks for it: the C library reads /etc/hosts. */
static void ask(int peer, char *words)
{
    char *port = strchr(words, ' '), text[128];
    struct addrinfo wanted = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    *port++ = '\0';
    int problem = getaddrinfo(words, port, &wanted, &found), other;
    if (problem != 0) {
        snprintf(text, sizeof text, "not resolved: %s", gai_strerror(problem));
    } else if ((other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 || connect(other, found->ai_addr, found->ai_addrlen) != 0) {
        snprintf(text, sizeof text, "not connected: %s", strerror(errno));
    } else {
        exchange(peer, other, "hello\n", 1);
        return;
    }
    answer(peer, text, strlen(text));
}

/* A request to the node's service: "PATH BODY"; the node closes after its answer. */
static void service(int peer, char *words)
{
    struct sockaddr_un node = { .sun_family = AF_UNIX, .sun_path = "/run/qos.sock" };
    char *body = strchr(words, ' '), request[512];
    int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (body != NULL)
        *body++ = '\0';
    if (connect(other, (struct sockaddr *)&node, sizeof node) != 0) {
        answer(peer, "no socket", 9);
        close(other);
        return;
    }
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: app\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
        body ? "POST" : "GET", words, body ? strlen(body) : 0, body ? body : "");
    exchange(peer, other, request, 0);
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
    if (strncmp(line, "ask ", 4) == 0)
        ask(peer, line + 4);
    if (strncmp(line, "service ", 8) == 0)
        service(peer, line + 8);
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
