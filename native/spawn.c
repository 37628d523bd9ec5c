/*
 * Starts the pivot. Specification: protocol, The pivot.
 *
 * C, because between the making of the child and its exec no managed code may run: the child is one thread of a process whose garbage
 * collector, locks and signal handlers belong to threads that it does not have. Everything that needs no such care (opening, hashing,
 * restarting, waiting, killing) is C#.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* What to start. The layout is Qos.Native's PivotSpawn. */
struct qos_spawn {
    const char *path;    /* the file's name: argv[0] comes from argv, this one is what a script's interpreter opens */
    char *const *argv;   /* ends with NULL */
    char *const *envp;   /* the whole environment, ends with NULL */
    uint64_t stack;      /* bytes of stack that the arguments and the environment need, 0 for no wish */
    int32_t program;     /* the open file that was hashed */
    int32_t script;      /* 1 when the file starts with #!, see start_program */
    int32_t output;      /* becomes 1 and 2, or -1 for /dev/null */
};

/* What came of it: pid, or an errno and the step that gave it. The layout is Qos.Native's PivotSpawned. */
struct qos_spawned {
    const char *step;
    int32_t pid;
    int32_t error;
};

/* What the child works on. It shares the parent's memory until exec, so what it writes here the parent reads. */
struct child {
    const struct qos_spawn *request;
    volatile int32_t error;
    const char *volatile step;
    pid_t parent;
    int program, null, output;
};

/* The kernel's own signal set: the C library's leaves two of its signals out, and those may not run in the child either. */
#define KERNEL_SIGSET_BYTES 8

/* Remembers which step failed, for a message that an operator can act upon. */
static int failed(struct child *c, const char *step)
{
    c->error = errno != 0 ? errno : EIO;
    c->step = step;
    return -1;
}

/*
 * Back to the default for every signal: the runtime ignores SIGPIPE and catches others; an ignored one would stay ignored through exec,
 * and a caught one would run managed code here. By the system call, because the C library keeps two signals to itself and would leave
 * them as whoever started us had them.
 */
static void reset_signals(void)
{
    static const unsigned char all_default[4 * sizeof(long)]; /* the kernel's struct: SIG_DFL, no flags, no restorer, no mask */
    for (int number = 1; number < NSIG; number++)
        (void)syscall(SYS_rt_sigaction, number, all_default, NULL, KERNEL_SIGSET_BYTES); /* refused for SIGKILL and SIGSTOP */
}

/* The pivot's own limits. */
static int set_limits(struct child *c)
{
    /* A core file would hold the keys that the app has read. */
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return failed(c, "setrlimit(RLIMIT_CORE)");

    /* The kernel lets arguments and environment take a quarter of the stack's limit: a manifest may need more than the usual 2 MiB. */
    struct rlimit stack;
    if (c->request->stack != 0 && getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur != RLIM_INFINITY &&
        stack.rlim_cur < c->request->stack) {
        stack.rlim_cur = c->request->stack;
        if (stack.rlim_max != RLIM_INFINITY && stack.rlim_cur > stack.rlim_max)
            stack.rlim_cur = stack.rlim_max;
        if (setrlimit(RLIMIT_STACK, &stack) != 0)
            return failed(c, "setrlimit(RLIMIT_STACK)");
    }
    return 0;
}

/*
 * 0, 1 and 2 and nothing else. The program's own descriptor is left to its close-on-exec flag, since exec still needs it; every other one
 * is closed here, whatever its flag says.
 */
static int set_descriptors(struct child *c)
{
    if (dup2(c->null, STDIN_FILENO) < 0 || dup2(c->output, STDOUT_FILENO) < 0 || dup2(c->output, STDERR_FILENO) < 0)
        return failed(c, "dup2");
    if (c->program > 3 && syscall(SYS_close_range, 3U, (unsigned)c->program - 1, 0U) != 0)
        return failed(c, "close_range");
    if (syscall(SYS_close_range, (unsigned)c->program + 1, ~0U, 0U) != 0)
        return failed(c, "close_range");
    return 0;
}

/*
 * Exec of the very file that was hashed, by its descriptor: what its path names by now does not matter. A script is the exception: its
 * interpreter opens the file anew, and through a descriptor it could only do so if the descriptor stayed open in the pivot; so it gets
 * the path, whose folder is ours alone.
 */
static void start_program(struct child *c)
{
    const struct qos_spawn *r = c->request;
    if (r->script)
        execve(r->path, r->argv, r->envp);
    else
        syscall(SYS_execveat, c->program, "", r->argv, r->envp, AT_EMPTY_PATH);
    failed(c, "exec");
}

/* Everything that the pivot must have, or must not have, from its first instruction on. */
static int prepare(struct child *c)
{
    reset_signals();

    /* When the thread that made it ends, and with it the runtime, the pivot ends: no app without its supervisor. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return failed(c, "prctl(PR_SET_PDEATHSIG)");
    if (getppid() != c->parent)
        return -1; /* the parent went before that line, and nobody is left to tell */

    if (setsid() < 0) /* a group of its own, so that it can be signalled as one, and no terminal */
        return failed(c, "setsid");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed(c, "prctl(PR_SET_NO_NEW_PRIVS)");
    if (chdir("/") != 0) /* as in the enclave */
        return failed(c, "chdir");
    umask(022); /* the runtime's own is for keys */
    if (set_limits(c) != 0 || set_descriptors(c) != 0)
        return -1;

    uint64_t nothing = 0;
    if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing, NULL, KERNEL_SIGSET_BYTES) != 0)
        return failed(c, "rt_sigprocmask");
    return 0;
}

/* The child, from its making to exec or to its end. */
static int run_child(void *argument)
{
    struct child *c = argument;
    if (prepare(c) == 0)
        start_program(c);
    _exit(127);
}

/*
 * Makes the child with the parent's memory and the parent standing still until exec (as posix_spawn does, which has none of
 * no_new_privs, the parent-death signal, close_range and execveat): nothing of the runtime's memory, keys included, is copied, and what
 * failed is simply left in that memory. The thread that calls this must live as long as the pivot shall.
 */
__attribute__((visibility("default"))) int32_t qos_spawn(const struct qos_spawn *request, struct qos_spawned *result)
{
    _Alignas(16) char stack[32 * 1024];
    struct child c = {.request = request, .parent = getpid(), .program = -1, .null = -1, .output = -1};
    *result = (struct qos_spawned){.step = "", .pid = -1, .error = 0};

    /* All three above 2, where set_descriptors does not write. */
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        failed(&c, "open(/dev/null)");
    else if ((c.null = fcntl(null, F_DUPFD_CLOEXEC, 3)) < 0 ||
             (c.output = fcntl(request->output >= 0 ? request->output : null, F_DUPFD_CLOEXEC, 3)) < 0 ||
             (c.program = fcntl(request->program, F_DUPFD_CLOEXEC, 3)) < 0)
        failed(&c, "fcntl(F_DUPFD_CLOEXEC)");

    pid_t pid = -1;
    if (c.error == 0) {
        /* No handler may run in the child: it would run on the parent's memory. */
        uint64_t all = ~UINT64_C(0), before = 0;
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, KERNEL_SIGSET_BYTES);
        pid = clone(run_child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &c);
        if (pid < 0)
            failed(&c, "clone");
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, KERNEL_SIGSET_BYTES);
    }

    /* A child that could not exec is reaped here; it was never a pivot. */
    if (pid > 0 && c.error != 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        pid = -1;
    }

    if (c.program >= 0)
        close(c.program);
    if (c.output >= 0)
        close(c.output);
    if (c.null >= 0)
        close(c.null);
    if (null >= 0)
        close(null);

    result->pid = pid;
    result->error = c.error;
    result->step = c.step != NULL ? c.step : "";
    return c.error == 0 ? 0 : -1;
}
