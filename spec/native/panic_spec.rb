# frozen_string_literal: true

# Owns the proof that a panic of the native core is an exception like any other, and that the process lives on.
RSpec.describe "A panic in the native core" do
  before do
    @stderr = $stderr.dup
    @caught = Tempfile.new("stderr")
    $stderr.reopen(@caught) # Rust writes its own line there
  end

  after do
    $stderr.reopen(@stderr)
    @caught.close!
  end

  [true, false].each do |with_gvl|
    it "raises NativePanicError #{with_gvl ? "with" : "without"} the GVL, which user code can rescue" do
      expect { Karafka::Native.panic_for_test(with_gvl) }
        .to raise_error(Karafka::Errors::NativePanicError, /asked for.*report it/)
      expect(Karafka::Errors::NativePanicError.ancestors).to include(Karafka::Errors::BaseError)
    end

    it "leaves threads, waits and the collector usable #{with_gvl ? "with" : "without"} the GVL" do
      errors = Array.new(8) do
        Thread.new do
          Array.new(50) do
            Karafka::Native.panic_for_test(with_gvl)
          rescue Karafka::Errors::NativePanicError => e
            e.class
          end
        end
      end.flat_map(&:value)
      expect(errors).to eq([Karafka::Errors::NativePanicError] * 400)
      GC.start
      expect(Karafka::Native::Inbox.new.next_job(0.01)).to be_nil
    end
  end

  it "in user code fails the batch like any other error" do
    log = Queue.new
    consumer = controller(log) do
      log << params.offset
      Karafka::Native.panic_for_test(false) if attempt == 1
    end
    broker("t" => 1)
    setup_application
    draw { topic(:t) { controller consumer } }
    failures = hear("worker.failed")
    Karafka.producer.produce_sync(topic: "t", payload: "1")
    serving { wait_until("the record twice") { log.size == 2 } }
    expect(failures.map { |failure| failure[:error].class }).to eq([Karafka::Errors::NativePanicError])
  end
end
