"""Owns what the specs ask of OpenTelemetry for Python beside confluent-kafka: a span and its record, and back.

    opentelemetry_client.py send SERVERS TOPIC PAYLOAD   prints the span it was sent in
    opentelemetry_client.py read SERVERS TOPIC COUNT     prints, for each record, what its headers say of its sender

One process per call; started and awaited by the specs, never left running.
"""

import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import TracerProvider

# Seconds.
PATIENCE = 20


def show(context, payload=None):
    print(json.dumps({
        "trace_id": trace.format_trace_id(context.trace_id), "span_id": trace.format_span_id(context.span_id),
        "valid": context.is_valid, "sampled": context.trace_flags.sampled, "payload": payload,
        "state": context.trace_state.to_header(),
    }))


def send(servers, topic, payload):
    producer = Producer({"bootstrap.servers": servers})
    with TracerProvider().get_tracer("spec").start_as_current_span("send", kind=trace.SpanKind.PRODUCER) as span:
        headers = {}
        propagate.inject(headers)
        producer.produce(topic, value=payload, partition=0, headers=headers)
        show(span.get_span_context())
    if producer.flush(PATIENCE):
        sys.exit(f"the record was not delivered within {PATIENCE} s")


def read(servers, topic, count):
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "nobody", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    for _ in range(int(count)):
        message = consumer.poll(PATIENCE)
        if message is None or message.error():
            sys.exit(f"{topic} did not give {count} records: {message and message.error()}")
        headers = {name: (value or b"").decode("ascii") for name, value in message.headers() or []}
        context = trace.get_current_span(propagate.extract(headers)).get_span_context()
        show(context, message.value().decode("ascii"))
    consumer.close()


if __name__ == "__main__":
    {"send": send, "read": read}[sys.argv[1]](*sys.argv[2:])
