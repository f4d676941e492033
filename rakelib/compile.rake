# frozen_string_literal: true

# `rake compile`: the extension, from Rust to lib/karafka_rs/karafka_rs_ext.so, in
# release profile (what users get, and what is measured) unless KARAFKA_RS_PROFILE=dev.
# Cargo writes to the same target/ as for the Rust checks: librdkafka is compiled once
# per profile.

require "rb_sys/extensiontask"
require_relative "../ext/karafka_rs/cargo_features"

# Rust checks and the extension must agree on these, or librdkafka is compiled twice.
CARGO_FEATURES = CargoFeatures.chosen.freeze

profile = ENV.fetch("KARAFKA_RS_PROFILE", "release")
unless %w[release dev].include?(profile)
  abort "KARAFKA_RS_PROFILE is #{profile.inspect}; give release or dev"
end

# Read by rb_sys in the Makefile and by extconf.rb.
ENV["RB_SYS_CARGO_PROFILE"] = profile
ENV["KARAFKA_RS_FEATURES"] = CARGO_FEATURES.join(",")

extension = RbSys::ExtensionTask.new("karafka_rs_ext") do |ext|
  ext.lib_dir = "lib/karafka_rs"
  # rb_sys watches the extension's own folder; a change in the core must recompile too.
  ext.source_pattern = "../../src/**/*.rs"
end

# Make and Rake compare the times of files only: another profile, feature or Ruby starts
# from an empty folder (of Make's; Cargo keeps what it compiled).
build_folder = File.join(extension.tmp_dir, extension.platform)
settings_file = File.join(build_folder, "settings")
settings = "#{profile} #{CARGO_FEATURES.join(",")} ruby #{RUBY_VERSION}\n"
unless File.exist?(settings_file) && File.read(settings_file) == settings
  rm_rf build_folder, verbose: false
  mkdir_p build_folder, verbose: false
  File.write(settings_file, settings)
end

# rb_sys's own ways to choose a profile do not pass by here; one way is enough.
%w[compile:dev compile:release rb_sys:env:dev rb_sys:env:release].each { |name| Rake::Task[name].clear }
