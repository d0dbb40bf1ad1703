// Runner.swift - runs cases and says which did not hold.

/// Runs cases and says which did not hold.
struct Runner {
    let device: Device
    private let far: FarTarget
    private(set) var ran = 0
    private(set) var failed = 0

    init(device: String?) throws {
        // Before the device is opened here: the other process inherits nothing of it.
        far = try FarTarget(device: device)
        self.device = try Device(name: device)
    }

    mutating func run(_ topic: Topic, only filter: String?) {
        for rule in topic.rules {
            for one in rule.cases where filter.map({ "\(rule.subject) \(rule.condition) \(one.coordinates)".contains($0) }) ?? true {
                ran += 1
                guard let trouble = attempt(one) else { continue }
                failed += 1
                print("\(topic.name): \(rule.subject), \(rule.condition), \(one.coordinates): \(trouble)")
            }
        }
    }

    /// What did not hold; the objects are destroyed in either case.
    private func attempt(_ one: Case) -> String? {
        let bench = Bench(device, far: far)
        var trouble: String?
        do { try one.body(bench) } catch { trouble = "\(error)" }
        do { try bench.end() } catch { trouble = trouble ?? "\(error)" }
        return trouble
    }
}
