// Interface.swift - which of the two interfaces of libibverbs makes, posts and polls.

/// Which of the two interfaces of libibverbs makes queues, posts and polls.
enum Interface: String, CaseIterable {
    /// ibv_create_cq, ibv_create_qp, ibv_post_send, ibv_poll_cq.
    case plain = "ibv_post_send"
    /// ibv_create_cq_ex, ibv_create_qp_ex, ibv_wr_*, ibv_start_poll.
    case extended = "ibv_wr_*"
}
