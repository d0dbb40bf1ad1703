// NullArgumentTests.swift - one error convention for each function, seen with an argument that is not there.

import CVerbs
import Testing

@Test func makersOfObjectsAnswerNullAndErrno() {
    let makers: [(String, () -> Bool)] = [
        ("open_device", { unsafe ibv_open_device(nil) == nil }),
        ("alloc_pd", { unsafe ibv_alloc_pd(nil) == nil }),
        ("reg_mr", { unsafe ibv_reg_mr(nil, nil, 0, 0) == nil }),
        ("reg_mr_iova", { unsafe ibv_reg_mr_iova(nil, nil, 0, 0, 0) == nil }),
        ("reg_mr_iova2", { unsafe ibv_reg_mr_iova2(nil, nil, 0, 0, 0) == nil }),
        ("create_comp_channel", { unsafe ibv_create_comp_channel(nil) == nil }),
        ("create_cq", { unsafe ibv_create_cq(nil, 1, nil, nil, 0) == nil }),
        ("create_srq", { unsafe ibv_create_srq(nil, nil) == nil }),
        ("create_qp", { unsafe ibv_create_qp(nil, nil) == nil }),
        ("create_ah", { unsafe ibv_create_ah(nil, nil) == nil }),
    ]
    for (name, isNull) in makers {
        errorNumber = 0
        #expect(isNull(), "\(name)")
        #expect(errorNumber == EINVAL, "\(name)")
    }
}

@Test func changersAndQueriesAnswerAPositiveErrno() {
    let changers: [(String, () -> Int32)] = [
        ("query_device", { ibv_query_device(nil, nil) }),
        ("query_port", { ibv_query_port(nil, 1, nil) }),
        ("query_gid_ex", { _ibv_query_gid_ex(nil, 1, 0, nil, 0, 32) }),
        ("dealloc_pd", { ibv_dealloc_pd(nil) }),
        ("dereg_mr", { ibv_dereg_mr(nil) }),
        ("destroy_comp_channel", { ibv_destroy_comp_channel(nil) }),
        ("resize_cq", { ibv_resize_cq(nil, 1) }),
        ("destroy_cq", { ibv_destroy_cq(nil) }),
        ("modify_srq", { ibv_modify_srq(nil, nil, 0) }),
        ("query_srq", { ibv_query_srq(nil, nil) }),
        ("destroy_srq", { ibv_destroy_srq(nil) }),
        ("modify_qp", { ibv_modify_qp(nil, nil, 0) }),
        ("query_qp", { ibv_query_qp(nil, nil, 0, nil) }),
        ("destroy_qp", { ibv_destroy_qp(nil) }),
        ("destroy_ah", { ibv_destroy_ah(nil) }),
        ("attach_mcast", { ibv_attach_mcast(nil, nil, 0) }),
        ("detach_mcast", { ibv_detach_mcast(nil, nil, 0) }),
        ("set_ece", { ibv_set_ece(nil, nil) }),
        ("query_ece", { ibv_query_ece(nil, nil) }),
    ]
    for (name, code) in changers {
        errorNumber = 0
        #expect(code() == EINVAL, "\(name)")
        #expect(errorNumber == EINVAL, "\(name)")
    }
    #expect(_ibv_query_gid_table(nil, nil, 1, 0, 32) == -Int(EINVAL))
    #expect(ibv_rereg_mr(nil, 0, nil, nil, 0, 0) == IBV_REREG_MR_ERR_INPUT.rawValue)
}

@Test func fetchersAnswerMinusOneAndErrno() {
    let fetchers: [(String, () -> Int32)] = [
        ("close_device", { ibv_close_device(nil) }),
        ("query_gid", { ibv_query_gid(nil, 1, 0, nil) }),
        ("query_pkey", { ibv_query_pkey(nil, 1, 0, nil) }),
        ("get_cq_event", { ibv_get_cq_event(nil, nil, nil) }),
        ("get_async_event", { ibv_get_async_event(nil, nil) }),
    ]
    for (name, code) in fetchers {
        errorNumber = 0
        #expect(code() == -1, "\(name)")
        #expect(errorNumber == EINVAL, "\(name)")
    }
}

@Test func whatReturnsNothingReturns() {
    ibv_ack_cq_events(nil, 1)
    ibv_ack_async_event(nil)
    ibv_unimport_pd(nil)
    ibv_unimport_mr(nil)
    ibv_unimport_dm(nil)
    #expect(ibv_fork_init() == 0)
    #expect(ibv_is_fork_initialized() == IBV_FORK_UNNEEDED)
}

@Test func successKeepsErrno() throws {
    let device = try OpenedDevice()
    errorNumber = 4242
    let domain = unsafe try #require(unsafe ibv_alloc_pd(device.context))
    var attributes = ibv_device_attr()
    #expect(unsafe ibv_query_device(device.context, &attributes) == 0)
    #expect(unsafe ibv_dealloc_pd(domain) == 0)
    #expect(errorNumber == 4242)
}
