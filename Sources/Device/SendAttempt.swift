// SendAttempt.swift - who tries to execute a request, and so how long may be waited for a target's agent.

/// One attempt to execute a send request.
enum SendAttempt {
    /// By the program, as it posts.
    case first
    /// By our agent, when the retry timer says so.
    case due
    /// By a poller that found nothing, ahead of the timer.
    case early
}
