/*
 * Starts the pivot. Format: docs/protocol/messages.md, The pivot.
 *
 * C, because between the making of the child and its exec no managed code may run: the child is one thread of a process whose garbage
 * collector, locks and signal handlers belong to threads that it does not have. Everything that needs no such care (opening, hashing,
 * restarting, waiting, killing) is C#.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
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
    const char *directory;         /* the working directory */
    const char *const *read_only;  /* files and folders that the pivot cannot change, ends with NULL; what is missing is left out */
    const char *const *hidden;     /* files in whose place it finds /dev/null, ends with NULL; what is missing is left out */
    int32_t program;     /* the open file that was hashed */
    int32_t script;      /* 1 when the file starts with #!, see start_program */
    int32_t output;      /* becomes 1 and 2, or -1 for /dev/null */
    int32_t confine;     /* 1 for a mount namespace of its own, in which read_only and hidden hold */
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

/* A core file would hold the keys that the app has read. */
static int forbid_core_file(struct child *c)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return failed(c, "setrlimit(RLIMIT_CORE)");
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

/* A mount over something that is already there; what is not there is left alone. */
static int mount_over(struct child *c, const char *source, const char *target, unsigned long flags, const char *step)
{
    if (mount(source, target, NULL, MS_BIND, NULL) != 0)
        return errno == ENOENT ? 0 : failed(c, step);
    if (flags != 0 && mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | flags, NULL) != 0)
        return failed(c, step);
    return 0;
}

/*
 * A view of the file system of its own: the node's files can be read and not changed, the control socket is not there, and neither is what
 * would let a process without capabilities have the kernel run a program for it (core_pattern and its like in /proc/sys and /sys). Without
 * CAP_SYS_ADMIN, which is dropped below, none of this can be undone.
 */
static int confine(struct child *c)
{
    static const char *const kernel[] = {"/proc/sys", "/proc/sysrq-trigger", NULL};
    const struct qos_spawn *r = c->request;
    if (unshare(CLONE_NEWNS) != 0)
        return failed(c, "unshare");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return failed(c, "mount(/)");
    for (const char *const *path = kernel; *path != NULL; path++)
        if (mount_over(c, *path, *path, MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mount(/proc)") != 0)
            return -1;
    /* Not over itself: the control groups below it stay readable. EINVAL where nothing is mounted there. */
    if (mount(NULL, "/sys", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0 && errno != EINVAL &&
        errno != ENOENT)
        return failed(c, "mount(/sys)");
    for (const char *const *path = r->read_only; *path != NULL; path++)
        if (mount_over(c, *path, *path, MS_RDONLY | MS_NOSUID | MS_NODEV, "mount(read-only)") != 0)
            return -1;
    for (const char *const *path = r->hidden; *path != NULL; path++)
        if (mount_over(c, "/dev/null", *path, 0, "mount(/dev/null)") != 0)
            return -1;
    return 0;
}

/*
 * What root in the pivot keeps: its own files' owners and modes, its own users, ports below 1024, locked memory. Not among them: tracing
 * other processes, mounts, namespaces, raw memory and devices, modules, the clock, the network's settings, opening files by handle.
 */
static int drop_capabilities(struct child *c)
{
    const uint64_t kept = 1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | 1ULL << CAP_KILL |
                          1ULL << CAP_SETGID | 1ULL << CAP_SETUID | 1ULL << CAP_SETPCAP | 1ULL << CAP_NET_BIND_SERVICE |
                          1ULL << CAP_SYS_CHROOT | 1ULL << CAP_IPC_LOCK;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0)
        return failed(c, "capget");

    /* The bounding set is what exec gives a program of root. Whoever may not change it has no capabilities that exec could give. */
    for (int number = 0; number < 64; number++)
        if ((kept >> number & 1) == 0 && prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0 &&
            (data[0].permitted | data[1].permitted) != 0)
            return failed(c, "prctl(PR_CAPBSET_DROP)");
    for (int half = 0; half < 2; half++) {
        const uint32_t mask = (uint32_t)(kept >> (32 * half));
        data[half].effective &= mask;
        data[half].permitted &= mask;
        data[half].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, data) != 0)
        return failed(c, "capset");
    return 0;
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
    umask(022); /* the runtime's own is for keys */
    if (forbid_core_file(c) != 0 || (c->request->confine && confine(c) != 0))
        return -1;
    if (chdir(c->request->directory) != 0) /* after the mounts: a folder that was entered before is seen without them */
        return failed(c, "chdir");
    if (drop_capabilities(c) != 0 || set_descriptors(c) != 0)
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
