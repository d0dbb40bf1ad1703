// main.swift - any text as a litmus scenario: parsed or refused with a place, never a trap.

import Fuzzing
import Glibc
import Litmus

exit(Fuzzing.run { input in
    var bytes: [UInt8] = []
    while !input.isEmpty { bytes.append(input.byte()) }
    let text = String(decoding: bytes, as: UTF8.self)
    do {
        _ = try ScenarioParser.parse(text, file: "input.litmus")
    } catch {}
})
