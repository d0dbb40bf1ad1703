// KernelSwitch+Source.swift - what each switch means and where it comes from.
//
// Owns: one line per switch. "(recalled)" marks a version that no source in reach confirmed.

extension KernelSwitch {
    /// The meaning in a few words, and the version, commit or thread it comes from.
    public var provenance: (meaning: String, source: String) {
        if isGuard { return guardProvenance }
        return isProposal ? proposalProvenance : eraProvenance
    }

    private var eraProvenance: (meaning: String, source: String) {
        switch self {
        case .reuseByMapCount: ("a private page is reused if mapped once, whatever else refers to it", "2.6.13 c475a8ab")
        case .madviseDontFork: ("madvise can keep a range out of children", "2.6.16 f822566165dd")
        case .separatePinnedCounter: ("registration is charged to pinned_vm, not locked_vm", "3.2 bc3e53f682d9 (version recalled)")
        case .writableByListedFlags: ("only rights that write make a region writable", "about 3.18 (recalled)")
        case .onDemandPaging: ("regions without pins", "3.19 (recalled)")
        case .hugeZeroPage: ("a read of an untouched huge area maps zeroes without a page", "3.8 (recalled)")
        case .splitFailureIsNoMemory: ("madvise reports a failed VMA split as ENOMEM", "4.11 to 6.2")
        case .mprotectPopulatesLocked: ("locked private memory that becomes writable is faulted for writing at once", "4.2 (recalled)")
        case .wipeOnFork: ("MADV_WIPEONFORK", "4.14 (recalled)")
        case .devicePrivateMemory: ("device memory that the processor cannot reach, anonymous pages only", "4.14 (recalled)")
        case .longtermRefusesDirectAccess: ("longterm lookups of DAX files fail", "4.15 (recalled)")
        case .chargeOwner: ("the charge is atomic, added before it is checked, undone on the owner", "4.20 to 5.1 (recalled)")
        case .longtermLeavesContiguous: ("longterm pins move pages out of CMA first", "5.1 (recalled)")
        case .pinCounting: ("pins are counted apart from references", "5.7 FOLL_PIN (version recalled)")
        case .lookupBreaksSharing: ("any lookup in a private writable area breaks sharing", "5.8 17839856fd58, gone in 5.9 a308c71bf1e6")
        case .reuseByReferenceCount: ("a private page is reused only without any other reference", "5.9 09854ba94c6a")
        case .forkCopiesPinned: ("fork copies pages that may be pinned", "5.9 70e806e4e645")
        case .registrationUsesFastLookup: ("registration looks pages up without the map lock first", "about 5.11 (recalled)")
        case .fastLookupChecksFork: ("a fast pin gives up while a fork runs", "5.11 57efa1fe5957")
        case .fixedBuffersChargeFolioOnce: ("io_uring charges a huge page whole, once a ring", "5.10 de2939388be5 (recalled)")
        case .pinnedStaysOutOfSwapCache: ("pages that may be pinned are not put into the swap cache", "5.11 feb889fb40fa")
        case .forkCopiesPinnedHugetlb: ("fork copies pinned hugetlb pages too", "5.12 4eae4efa2c29 (version recalled)")
        case .longtermLeavesMovable: ("longterm pins move pages out of the movable zone first", "5.13 d1e153fea2a8 (version recalled)")
        case .copyOnForkReported: ("user space can ask whether fork copies pinned pages", "5.13 6cc9e215eb27")
        case .swapCacheDroppedBeforeReuse: ("the swap cache lets go before the reuse decision", "5.18 (recalled)")
        case .hugeReuseByReferenceCount: ("transparent huge pages are reused by reference count too", "5.18 (recalled)")
        case .deviceIdleCountZero: ("an idle page of private or coherent device memory counts no reference", "5.18 27674ef6c73f")
        case .exclusiveFlag: ("PageAnonExclusive decides the reuse", "5.19 6c287605fd56 (version recalled)")
        case .readPinsUnshare: ("read pins of shared anonymous pages unshare them", "5.19 gup_must_unshare")
        case .forceNeedsExclusive: ("forced writes take exclusive anonymous pages only", "6.0, CVE-2022-2590")
        case .mprotectMapsExclusiveWritable: ("mprotect maps exclusive pages writable at once", "6.0 (recalled)")
        case .deviceCoherentMemory: ("coherent device memory; longterm pins move it to system memory", "6.0 (recalled)")
        case .readPinsUnshareFiles: ("longterm read pins of file and zero pages in private areas unshare", "6.2 84209e87c696")
        case .registrationWritesByAccess: ("registration pins for write only if the region is writable, never by force", "6.2 b40656aa7d55")
        case .peerToPeerGate: ("peer-to-peer pages can be mapped, and are looked up only on request", "6.2 4003f107fa2e")
        case .longtermRefusesDirtyTracking: ("longterm write pins of files with dirty tracking fail", "6.5 8ac268436e6d, a6e79df92e4a")
        case .zeroPageNotPinned: ("a pin of the zero page counts nothing", "6.5 c8070b787519")
        case .fixedBuffersTakeFiles: ("io_uring's fixed buffers may lie in mappings of files with write-back", "6.5 (version recalled)")
        case .removeByMayWrite: ("MADV_REMOVE needs a shared area that may become writable, not one that is", "6.7 (version recalled)")
        case .reregistrationChecksPin: ("new write rights need a pin for write", "2026 badad6fad60d, in 6.12.117")
        case .fixedBuffersSparePrivileged: ("io_uring notes no pages at a process that is above the limit", "seen in 7.2.13, not in 6.18")
        default: ("", "")
        }
    }

    private var proposalProvenance: (meaning: String, source: String) {
        switch self {
        case .protDontCopy: ("mprotect's PROT_DONTCOPY", "openib and linux-kernel, 2005; not merged")
        case .mapDontCopy: ("mmap's MAP_DONTCOPY", "2005; not merged")
        case .copyOnForkByLookup: ("get_user_pages marks VMAs, fork copies them at once (VM_COPYONFORK)", "2005; not merged")
        case .userSpaceCounts: ("the kernel keeps one bit per page, user space counts", "2005, first form; not merged")
        case .registration2013AsSent: ("registration pins with write = !writable, force = 1", "2013 patch as sent; not merged")
        case .registration2013AsCorrected: ("registration pins with write = writable, force = 1", "2013 patch as corrected; not merged")
        case .registrationByFirstArea: ("registration writes if the first area of the range is writable", "2013 thread; not merged")
        case .lookupFollowsArea: ("each area's own right decides (FOLL_FOLLOW)", "2012 and 2013; not merged")
        case .giftFlag: ("a right NON_COHERENT/GIFT: take what is mapped, the owner gives up later writes", "2013 thread; not merged")
        case .driverPinsForWrite: ("a driver that pins for write whatever the rights", "2013 thread: drivers of the time")
        case .coherentDeviceNodes: ("coherent device memory as a NUMA node", "2016 to 2017 CDM series; not merged")
        case .exclusiveOwnershipV1: ("XPFO: alias removed at allocation", "2016-02; not merged")
        case .exclusiveOwnershipV3: ("XPFO: alias removed when the kernel's first use ends", "2016-11; not merged")
        case .exclusiveOwnershipV9: ("XPFO with deferred flushes", "2019-04 (recalled); not merged")
        case .busHalfRule: ("bus: at most half of what nobody else uses", "bus1 02f5769, 2016-10; not merged")
        case .busOverReservingRule: ("bus: the same, its own share counted twice over", "bus1 9f17d7b, 2017-03-14; not merged")
        case .busUserCountRule: ("bus: share times users ever seen must be left", "bus1 7606d37, 2017-03-16; not merged")
        case .busRequestPaysReply: ("bus: a request pays for its reply", "2016 thread; not merged")
        case .busSenderPays: ("bus: the sender's account pays", "2016 thread, the rule argued against")
        case .longtermPeerToPeer: ("longterm pins of peer-to-peer pages are allowed", "2024 series; not merged")
        case .kernfsWithoutMakeWritable: ("kernfs mappings no longer count as dirty-tracked", "2024 series; not merged")
        default: ("", "")
        }
    }

    private var guardProvenance: (meaning: String, source: String) {
        switch self {
        case .guardFastLookupReReads: ("fast lookup reads the entry again after taking the reference", "gup_fast_pte_range")
        case .guardLookupTakesReference: ("a lookup takes a reference", "try_grab_folio")
        case .guardFaultRechecksEntry: ("a fault looks at the entry again before it installs", "pte_same in wp_page_copy")
        case .guardFaultHoldsSource: ("a copy holds its source", "wp_page_copy")
        case .guardForkExcludesFaults: ("fork holds the map lock", "dup_mmap")
        case .guardDeregisterWaitsForDevice: ("deregistration waits for accesses in flight", "destroy_mkey")
        case .guardInvalidateBeforeUnpin: ("the key dies before the pages are let go of", "dereg_mr, then ib_umem_release")
        case .guardChargeUndone: ("a failed registration undoes its charge", "ib_umem_get")
        case .guardLimitChecked: ("a charge above the limit is refused", "ib_umem_get")
        case .guardBusTestsRemainder: ("a charge is taken only from what is there", "bus1 add_if_ge")
        case .guardBusChargeUndone: ("a send that fails gives back what it was charged so far", "bus1 user.c, revert_*")
        case .guardBusNeedsHandle: ("a message goes only where its sender holds a handle", "bus1 handle.c")
        case .guardBusEnqueueRechecks: ("a message is queued only if its target is there still", "bus1 peer.c")
        case .guardBusDropsDischarge: ("messages that nobody will read are discharged", "bus1 user.c, discharge")
        case .guardWriteNeedsRight: ("a lookup for write needs a writable area", "check_vma_flags")
        case .guardPinsUndone: ("a failed registration undoes its pins", "ib_umem_get")
        case .guardMigrationChecksReferences: ("migration wants no unexpected reference", "folio_migrate_mapping")
        case .guardReuseTakesPageLock: ("reuse by map count waits for a page that is moving", "lock_page in do_wp_page")
        case .guardMergeChecksReferences: ("merging wants no unexpected reference", "write_protect_page in ksm.c")
        case .guardSwapChecksReferences: ("reclaim frees only what nothing refers to", "__remove_mapping")
        case .guardNotifierInvalidates: ("on-demand entries go before the process's change", "mmu_interval_notifier")
        case .guardUnbindUnmaps: ("unbinding takes user mappings away first", "p2pdma unmap_mapping_range")
        case .guardUnbindWaits: ("unbinding waits for every page reference", "memunmap_pages")
        case .guardMprotectChecksMayWrite: ("mprotect refuses what the file was not opened for", "VM_MAY* check")
        case .guardMprotectKeepsDriverFlags: ("mprotect leaves flags alone that it was not asked about", "the mask of the 2005 patch")
        case .guardKeyChecksAccess: ("a key allows only what was registered", "IBA 10.6.3")
        case .guardBufferMoveNotifies: ("an exporter tells importers before it moves a buffer", "dma_buf_move_notify")
        case .guardWriteBackProtects: ("write-back takes the right to write from every entry first", "page_mkclean")
        case .guardBufferWaitsForDevice: ("an exporter takes memory back when accesses under way have ended", "dma_buf move_notify, pinned_revoke")
        case .guardBufferFenceWaited: ("a buffer is mapped again when its exporter's fence is signalled", "ib_umem_dmabuf_map_pages")
        case .guardWindowsKeepRegion: ("a region with windows is not deregistered", "IBA 10.6.7.2.3")
        case .guardOwnershipRechecksCount: ("removing the alias looks at the count again under the lock", "xpfo_kunmap, 2019")
        case .guardOwnershipFlushes: ("removing the alias flushes its translation", "xpfo_kunmap")
        default: ("", "")
        }
    }
}
