# frozen_string_literal: true

# The house rules, executed. Reads files only; needs neither the compiled extension nor a
# broker, so `rake tidy` runs it alone. A rule that finds something prints file:line.

RSpec.describe "House rules" do
  root = File.expand_path("..", __dir__)

  # Files that may be longer, each with the reason. Prefer a split.
  long_files = {}.freeze

  glob = ->(*patterns) { Dir.chdir(root) { Dir[*patterns].select { |path| File.file?(path) } } }
  read = ->(path) { File.read(File.join(root, path), encoding: "UTF-8") }

  # "path:line: text" for each line that matches, less its comment and, in Rust, its texts.
  find = lambda do |paths, pattern|
    paths.flat_map do |path|
      rust = path.end_with?(".rs")
      read.call(path).lines.each_with_index.filter_map do |line, index|
        code = rust ? line.gsub(/"(\\.|[^"\\])*"/, '""').sub(%r{(^|\s)//.*}, "") : line.sub(/(^|\s)#(?!\{).*/, "")
        "#{path}:#{index + 1}: #{line.strip}" if code.match?(pattern)
      end
    end
  end

  core = glob["src/**/*.rs"]
  bridge = glob["ext/karafka_rs/src/**/*.rs"]
  lib = glob["lib/**/*.rb"]
  specs = glob["spec/**/*.rb"]
  scripts = glob["bin/*", "exe/*", ".ci/*", "Rakefile", "rakelib/*.rake", "ext/karafka_rs/*.rb"]
  # All that is written by hand, prose too.
  others = glob["*", ".*", "**/*.{md,toml,rb,rake,gemspec,yml,yaml,erb,rbs}"]
  written = (core + bridge + lib + specs + scripts + others).uniq - ["Cargo.lock", "Gemfile.lock", ".git"]
  written = written.grep_v(%r{\A(target|tmp|pkg|vendor|log)/})

  it "keeps files within 250 lines" do
    long = (core + bridge + lib - long_files.keys).select { |path| read.call(path).lines.size > 250 }
    expect(long).to eq []
  end

  # A module's own tests need none; requires may stand above it, so that YARD finds it.
  it "starts each file with a header that says what it owns" do
    rust = (core + bridge + glob["tests/**/*.rs"]).grep_v(%r{^src/.*/tests\.rs$})
    ruby = lib + scripts
    bare = rust.reject { |path| read.call(path).start_with?("//!") } + ruby.reject do |path|
      lines = read.call(path).lines.map(&:strip)
      first = lines.find { |line| !line.empty? && !line.match?(/\A(#!|# frozen_string_literal|require)/) }
      first.to_s.start_with?("# ")
    end
    expect(bare).to eq []
  end

  it "has unsafe code only behind librdkafka's safe types and in two modules of the bridge" do
    allowed = %r{\Asrc/librdkafka[/.]|\Aext/karafka_rs/src/(gvl\.rs|raw[/.])}
    expect(find.call((core + bridge).grep_v(allowed), /\bunsafe\b/)).to eq []
  end

  it "names librdkafka's crate only where clients live, and its raw calls only in src/librdkafka" do
    clients = %r{\Asrc/(librdkafka|admin|consumer|producer|mock|positions|error)[/.]}
    expect(find.call((core + bridge).grep_v(clients), /\brdkafka::/)).to eq []
    expect(find.call((core + bridge).grep_v(%r{\Asrc/librdkafka[/.]}), /\b(rdkafka_sys|rdkafka::bindings)\b/)).to eq []
  end

  it "keeps Ruby out of the core" do
    manifest = glob["Cargo.toml"]
    expect(find.call(core, /\b(magnus|rb_sys)\b/) + find.call(manifest, /^(magnus|rb-sys)\b/)).to eq []
  end

  it "names the threads of the core" do
    production = (core + bridge).grep_v(%r{/tests(/|\.rs\z)})
    expect(find.call(production, /\bthread::spawn\b/)).to eq []
  end

  it "names Karafka::Native only where Ruby meets Rust" do
    allowed = %r{\Alib/karafka/(native|server|producer|embedded_broker|testing|rails/watermarks)\.rb\z|
                 \Alib/karafka/(processing|producer|params|testing)/|\Alib/karafka/cli(/info|/topics|/lag)?\.rb\z}x
    expect(find.call(lib.grep_v(allowed), /\bNative\b/)).to eq []
    expect(find.call(lib - ["lib/karafka/native.rb"], /karafka_rs_ext/)).to eq []
  end

  it "logs only in the log listener and prints only in the command line" do
    loggers = lib - ["lib/karafka/instrumentation/log_listener.rb"]
    printers = lib.grep_v(%r{\Alib/karafka/cli[./]})
    expect(find.call(loggers, /\blogger\.(debug|info|warn|error|fatal|unknown)\b/)).to eq []
    expect(find.call(printers, /(\A|\s|\$std(out|err)\.)(puts|print|pp|p|warn) /)).to eq []
  end

  it "lists every event that is sent, and sends every event that is listed" do
    require_relative "../lib/karafka/instrumentation/events"
    listed = Karafka::Instrumentation::EVENTS.keys
    senders = lib.grep_v(%r{/instrumentation/(events|log_listener)\.rb\z}).map { |path| read.call(path) }
    sent = senders.flat_map { |text| text.scan(/\binstrument\(\s*"([^"]+)"/).flatten }
    unsent = listed.reject { |name| senders.any? { |text| text.include?("\"#{name}\"") } }
    expect({ unlisted: sent - listed, unsent: unsent }).to eq({ unlisted: [], unsent: [] })
  end

  # A sleep that stands for slow user code is no wait: its line says so in a comment.
  it "waits in specs for what it needs, never for a while" do
    waits = find.call(specs.grep_v(%r{\Aspec/support/}) - ["spec/tidy_spec.rb"], /(?<!")\bsleep\b(?!")/)
    expect(waits.grep_v(/# \w/)).to eq []
  end

  it "mentions no machine's folders and no package registry" do
    folders = %w[work root home srv].map { |name| %r{(?<![\w.$\}~*])/#{name}/} }
    hosts = [%w[rubygems org], %w[crates io], %w[deb debian org], %w[pypi org], %w[npmjs org]]
    patterns = folders + hosts.map { |parts| /\b#{parts.join("\\.")}\b/ }
    hits = written.flat_map do |path|
      read.call(path).lines.each_with_index.filter_map do |line, index|
        "#{path}:#{index + 1}: #{line.strip}" if patterns.any? { |pattern| line.match?(pattern) }
      end
    end
    expect(hits).to eq []
  end

  it "looks beside the checkout only in .ci/run" do
    beside = ["..", "shared"].join("/")
    expect((written - [".ci/run"]).select { |path| read.call(path).include?(beside) }).to eq []
  end
end
