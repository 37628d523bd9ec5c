// NAME: an app for an enclave. GET /health says that it is well; POST /answer gives a signed answer, whose proof anyone can check.
// The C library alone: one process for each connection, one request in it.
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST = 65536, PROOF = 4 * LONGEST };

// The first line of a message of HTTP/1.1 and its body; the body's length, or -1.
static long read_message(FILE *from, char *first, size_t first_size, char *body, long most) {
    char line[8192];
    long length = 0;
    if (!fgets(first, (int)first_size, from)) return -1;
    first[strcspn(first, "\r\n")] = '\0';
    while (fgets(line, sizeof line, from) && line[0] != '\r' && line[0] != '\n')
        if (!strncasecmp(line, "content-length:", 15)) length = atol(line + 15);
    if (length < 0 || length > most || fread(body, 1, (size_t)length, from) != (size_t)length) return -1;
    return length;
}

// The node signs for the app, on a socket that nobody else reaches. What is signed is the body, byte for byte.
static int prove(const char *payload, char *proof) {
    struct sockaddr_un node = {.sun_family = AF_UNIX, .sun_path = "/run/qos.sock"};
    char status[512];
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&node, sizeof node)) return 0;
    dprintf(connection, "POST /v1/proof HTTP/1.1\r\nHost: app\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", strlen(payload), payload);
    FILE *from = fdopen(connection, "r");
    long length = from ? read_message(from, status, sizeof status, proof, PROOF - 1) : -1;
    if (from) fclose(from);
    if (length < 0 || strncmp(status, "HTTP/1.1 200 ", 13)) return 0;
    proof[length] = '\0';
    return 1;
}

static void answer(int client, const char *question, long length) {
    static char payload[2 * LONGEST + 256], proof[PROOF];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    // The question is in the payload, or the proof could be shown beside another question; the type tells it from proofs of another kind.
    int at = sprintf(payload, "{\"type\":\"NAME_ANSWER\",\"timestampMs\":\"%lld\",\"answer\":\"%ld bytes\",\"questionHex\":\"",
                     (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, length);
    for (long i = 0; i < length; i++) at += sprintf(payload + at, "%02x", (unsigned char)question[i]);
    strcpy(payload + at, "\"}");
    if (prove(payload, proof))
        dprintf(client, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n{\"appProof\":%s}", strlen(proof) + 13, proof);
    else
        dprintf(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

static void serve(int client) {
    static char first[8192], body[LONGEST];
    FILE *from = fdopen(dup(client), "r");
    long length = from ? read_message(from, first, sizeof first, body, LONGEST) : -1;
    if (length < 0)
        dprintf(client, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    else if (!strncmp(first, "GET /health ", 12))
        dprintf(client, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
    else if (!strncmp(first, "POST /answer ", 13))
        answer(client, body, length);
    else
        dprintf(client, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    shutdown(client, SHUT_WR);
}

int main(void) {
    // SIGTERM ends the program, as it does by default.
    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(3000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 64)) {
        fputs("NAME: port 3000 is taken\n", stderr);
        return 1;
    }
    puts("NAME: listening on 127.0.0.1:3000");
    fflush(stdout);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        if (fork() == 0) {
            alarm(10);
            serve(client);
            _exit(0);
        }
        close(client);
    }
}
