// Element.swift - one piece of a scatter-gather list.

struct Element {
    var address: UInt64
    var length: UInt32
    var key: UInt32
}
