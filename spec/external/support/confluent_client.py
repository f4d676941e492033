"""Owns what the specs ask of confluent-kafka: a record per line of JSON, in and out, bytes as Base64.

    confluent_client.py produce PROPERTIES TOPIC [commit|abort] < records   properties: librdkafka's, as JSON
    confluent_client.py consume PROPERTIES TOPIC GROUP [commit]             what the group has not, up to the end

One process per call; started and awaited by the specs, never left running.
"""

import base64
import json
import sys

from confluent_kafka import OFFSET_BEGINNING, OFFSET_INVALID, Consumer, KafkaError, Producer, TopicPartition

# Seconds.
PATIENCE = 20


def encode(data):
    return None if data is None else base64.b64encode(data).decode("ascii")


def decode(text):
    return None if text is None else base64.b64decode(text)


def produce(properties, topic, transaction=None):
    failures = []

    def delivered(error, message):
        if error is not None:
            failures.append(f"{message.topic()}/{message.partition()}: {error}")

    producer = Producer(properties)
    if transaction:
        producer.init_transactions(PATIENCE)
        producer.begin_transaction()
    for line in sys.stdin:
        record = json.loads(line)
        options = {name: record[name] for name in ("partition", "timestamp") if record.get(name) is not None}
        headers = [(name, decode(value)) for name, value in record.get("headers") or []]
        producer.produce(topic, value=decode(record["value"]), key=decode(record["key"]), headers=headers or None,
                         on_delivery=delivered, **options)
    left = producer.flush(PATIENCE)
    if left or failures:
        sys.exit(f"{left} records were not delivered within {PATIENCE} s; failures: {failures}")
    if transaction == "commit":
        producer.commit_transaction(PATIENCE)
    if transaction == "abort":
        producer.abort_transaction(PATIENCE)


def starts(consumer, topic):
    """Where the group goes on in each partition of the topic."""
    partitions = consumer.list_topics(topic, PATIENCE).topics[topic].partitions
    committed = consumer.committed([TopicPartition(topic, partition) for partition in partitions], PATIENCE)
    for place in committed:
        if place.offset == OFFSET_INVALID:
            place.offset = OFFSET_BEGINNING
    return committed


def show(message):
    kind, timestamp = message.timestamp()
    print(json.dumps({
        "partition": message.partition(), "offset": message.offset(),
        "key": encode(message.key()), "value": encode(message.value()),
        "headers": [[name, encode(value)] for name, value in message.headers() or []],
        "timestamp": timestamp, "timestamp_kind": kind,
    }))


def consume(properties, topic, group, commit=None):
    consumer = Consumer({**properties, "group.id": group, "enable.partition.eof": True, "enable.auto.commit": False})
    places = starts(consumer, topic)
    consumer.assign(places)
    open_partitions = {place.partition for place in places}
    while open_partitions:
        message = consumer.poll(PATIENCE)
        if message is None:
            sys.exit(f"partitions {sorted(open_partitions)} of {topic} did not end within {PATIENCE} s")
        error = message.error()
        if error is None:
            show(message)
        elif error.code() == KafkaError._PARTITION_EOF:
            open_partitions.discard(message.partition())
        else:
            sys.exit(f"consuming {topic} failed: {error}")
    if commit:
        consumer.commit(asynchronous=False)
    consumer.close()


if __name__ == "__main__":
    action, properties, *arguments = sys.argv[1:]
    {"produce": produce, "consume": consume}[action](json.loads(properties), *arguments)
