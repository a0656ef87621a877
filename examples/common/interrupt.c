#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t came;
static pid_t parent; /* 0: this is no child */

static void note(int signal_number)
{
    (void)signal_number;
    came = 1;
}

static void catch_signal(int signal_number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void interrupt_catch(void)
{
    catch_signal(SIGINT, note, (int)SA_RESETHAND);
}

void interrupt_follow_parent(void)
{
    parent = getppid();
    catch_signal(SIGINT, SIG_IGN, 0);
    catch_signal(SIGTERM, note, 0);
}

bool interrupt_came(void)
{
    return came != 0 || (parent != 0 && getppid() != parent);
}
