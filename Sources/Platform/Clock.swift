// Clock.swift - time and waiting without a descriptor.
//
// Owns: nothing. Counterpart: clock_gettime(2), clock_nanosleep(2), sched_yield(2).
public import CPlatform

/// The time, and ways to let it pass.
public enum Clock {
    /// Nanoseconds since boot, never going back.
    @inlinable
    public static func monotonicNanoseconds() -> UInt64 { verbena_monotonic_nanoseconds() }

    /// Nanoseconds since 1970.
    @inlinable
    public static func realtimeNanoseconds() -> UInt64 { verbena_realtime_nanoseconds() }

    /// Sleeps the whole time, signals or not.
    public static func sleep(nanoseconds: UInt64) { verbena_sleep(nanoseconds) }

    /// Lets another thread have the processor.
    public static func yield() { verbena_yield() }

    /// Tells the processor that this is a spin loop.
    @inlinable @inline(always)
    public static func relax() { verbena_relax() }
}
