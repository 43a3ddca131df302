"""What the plan of a cluster comes to: how a host's memory is shared, where partitions go, which variables no role knows."""

import collections
import difflib
import pathlib
import re

import yaml
from ansible.errors import AnsibleFilterError

# Of each part that may run on a host: the least that it starts with, its share of what is left, and the most that
# helps it; in MiB of memory.
PARTS = {
    "zookeeper": (96, 1, 4096),
    "hdfs_journalnode": (96, 1, 2048),
    "hdfs_zkfc": (96, 0, 256),
    "hdfs_namenode": (160, 4, 65536),
    "hdfs_datanode": (128, 2, 8192),
    "yarn_resourcemanager": (192, 2, 8192),
    "yarn_nodemanager": (128, 1, 2048),
    "yarn_containers": (1024, 12, 1048576),
    "mapreduce_historyserver": (160, 1, 4096),
    "kafka_controller": (128, 1, 2048),
    "kafka_broker": (256, 4, 8192),
    "hbase_master": (160, 2, 8192),
    "hbase_regionserver": (256, 8, 32768),
    "flink_jobmanager": (256, 2, 8192),
    "flink_taskmanager": (1248, 8, 65536),
    "lambda_app": (512, 4, 16384),
    "monitoring": (192, 1, 8192),
}

# The rest of a host's memory is for the operating system: its page cache is what Kafka and HDFS read from.
SHARE_OF_MEMORY = 0.7

# Parts that a host runs because it runs another.
COMPANIONS = {"hdfs_namenode": "hdfs_zkfc", "yarn_nodemanager": "yarn_containers"}


def parts_of(group_names):
    """The parts that run on a host that is in these groups."""
    parts = [group for group in group_names if group in PARTS]
    return sorted(parts + [COMPANIONS[part] for part in parts if part in COMPANIONS])


def least_memory_mb(group_names):
    """The least memory that a host in these groups must have."""
    return int(sum(PARTS[part][0] for part in parts_of(group_names)) / SHARE_OF_MEMORY) + 1


def heap_mb(part, group_names, memory_mb):
    """The memory of a part on a host in these groups that has memory_mb; 0 where the part does not run there."""
    parts = parts_of(group_names)
    if part not in parts:
        return 0
    least, share, most = PARTS[part]
    shares = sum(PARTS[other][1] for other in parts)
    left = int(memory_mb) * SHARE_OF_MEMORY - sum(PARTS[other][0] for other in parts)
    return int(min(most, least + max(0, left) * share / max(1, shares)))


def flink_memory(total_mb, managed_share):
    """The parts of a TaskManager's memory, in MiB; together they are total_mb."""
    total_mb = int(total_mb)
    parts = {
        "framework_heap": 96,
        "framework_off_heap": 128,
        "task_off_heap": 128,
        "metaspace": 256,
        "overhead": max(48, int(total_mb * 0.08)),
        "network": max(32, int(total_mb * 0.08)),
        "managed": int(total_mb * float(managed_share)),
    }
    parts["task_heap"] = total_mb - sum(parts.values())
    if parts["task_heap"] < 64:
        raise AnsibleFilterError(
            f"Cannot run a TaskManager in {total_mb} MiB: expected 64 or more for its tasks' heap, found "
            f"{parts['task_heap']}. Raise flink_taskmanager_memory_mb, or lower flink_managed_share."
        )
    return parts


def known_variables(roles):
    """The variables that the argument specs in a folder of roles know, with the roles' names."""
    known, prefixes = set(), set()
    for path in pathlib.Path(roles).glob("*/meta/argument_specs.yml"):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        options = {option for spec in specs.values() for option in spec.get("options", {})}
        known |= options
        prefixes |= {path.parent.parent.name + "_"} | {option.split("_")[0] + "_" for option in options}
    if not known:
        raise AnsibleFilterError(f"There are no argument specs in {roles}.")
    return known, tuple(sorted(prefixes))


def unknown_variables(hostvars, hosts, roles):
    """A line for each variable of an inventory that is named like a role's and that no role knows."""
    known, prefixes = known_variables(roles)
    strangers = {}
    for host in hosts:
        for variable in hostvars[host]:
            if variable.startswith(prefixes) and variable not in known:
                strangers.setdefault(variable, []).append(host)
    lines = []
    for variable, setting in sorted(strangers.items()):
        near = difflib.get_close_matches(variable, known, n=1)
        hint = f"the nearest that is known is {near[0]}" if near else "none that is known is near it"
        where = setting[0] if len(setting) == 1 else f"{setting[0]} and {len(setting) - 1} more"
        lines.append(f"No role knows the variable {variable} (set for {where}); {hint}.")
    return lines


def spread_partitions(described, brokers):
    """What kafka-reassign-partitions has to move so that these brokers, and no others, have as many copies as each other.

    described are the lines of kafka-topics --describe. Only partitions that change are named: copies move where a broker is
    no more, or has two more than another; the first copy, which leads, changes place where a broker leads more than another.
    """
    brokers = sorted(int(broker) for broker in brokers)
    now = {}
    for line in described:
        found = re.search(r"Topic: (\S+)\s.*Partition: (\d+)\s.*Replicas: ([\d,]+)", line)
        if found:
            now[(found[1], int(found[2]))] = [int(broker) for broker in found[3].split(",")]
    wanted = {partition: list(copies) for partition, copies in now.items()}
    for (topic, number), copies in now.items():
        if len(copies) > len(brokers):
            raise AnsibleFilterError(
                f"Cannot spread partition {number} of topic {topic}: it has {len(copies)} copies, and there would be "
                f"{len(brokers)} brokers. Add brokers first, or give the topic fewer copies with kafka-reassign-partitions."
            )

    has = collections.Counter(broker for copies in wanted.values() for broker in copies)
    of_topic = collections.Counter((topic, broker) for (topic, _), copies in wanted.items() for broker in copies)

    def move(partition, source, target):
        copies = wanted[partition]
        copies[copies.index(source)] = target
        for broker, change in ((source, -1), (target, 1)):
            has[broker] += change
            of_topic[(partition[0], broker)] += change

    for partition, copies in sorted(wanted.items()):
        for gone in [broker for broker in copies if broker not in brokers]:
            free = [broker for broker in brokers if broker not in copies]
            move(partition, gone, min(free, key=lambda broker: (has[broker], of_topic[(partition[0], broker)], broker)))

    # A copy of the topic of which the fuller broker has the most more than the other: no topic gathers on a new broker.
    while True:
        least, most = min(brokers, key=lambda broker: has[broker]), max(brokers, key=lambda broker: has[broker])
        movable = [partition for partition, copies in sorted(wanted.items()) if most in copies and least not in copies]
        if has[most] - has[least] < 2 or not movable:
            break
        move(max(movable, key=lambda partition: of_topic[(partition[0], most)] - of_topic[(partition[0], least)]), most, least)

    leads = collections.Counter(copies[0] for copies in wanted.values())
    changed = True
    while changed:
        changed = False
        for copies in wanted.values():
            other = min(copies, key=lambda broker: leads[broker])
            if leads[copies[0]] - leads[other] > 1:
                leads[copies[0]] -= 1
                leads[other] += 1
                place = copies.index(other)
                copies[0], copies[place] = copies[place], copies[0]
                changed = True

    return {
        "version": 1,
        "partitions": [
            {"topic": topic, "partition": number, "replicas": copies}
            for (topic, number), copies in sorted(wanted.items())
            if copies != now[(topic, number)]
        ],
    }


class FilterModule:
    """Makes the functions filters."""

    def filters(self):
        """By name, as templates call them."""
        return {
            "flink_memory": flink_memory,
            "heap_mb": heap_mb,
            "least_memory_mb": least_memory_mb,
            "spread_partitions": spread_partitions,
            "unknown_variables": unknown_variables,
        }
