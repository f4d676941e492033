# frozen_string_literal: true

# The gem as strangers get it: built, its file list compared with the tree, installed
# into an empty GEM_HOME from an unrelated folder, and used by a small application.

require "rubygems/package"
require "tmpdir"

namespace :package do
  gem_file = File.expand_path("../pkg/#{GEMSPEC.full_name}.gem", __dir__)

  # Everything a reader of the tree would say belongs to the gem, said in another way
  # than the gemspec does: whole folders less what is built there.
  belongs = lambda do
    files = Dir["{src,ext,lib,exe,sig}/**/*", "Cargo.{toml,lock}", "{README,CHANGELOG}.md", "LICENSE"]
    files.select { |path| File.file?(path) }.grep_v(%r{\.(so|bundle|o)\z|/(Makefile|mkmf\.log)\z})
  end

  # A fresh Ruby: nothing of this checkout, of Bundler or of this Rake run reaches it.
  # Gems of the system stay reachable (rb_sys may be one) through GEM_PATH, read-only.
  clean_env = lambda do |home|
    {
      "GEM_HOME" => home,
      "GEM_PATH" => [home, *Gem.path].join(File::PATH_SEPARATOR),
      "RUBYLIB" => nil, "RUBYOPT" => nil, "BUNDLE_GEMFILE" => nil, "BUNDLE_PATH" => nil,
      "RB_SYS_CARGO_TARGET_DIR" => nil, "RB_SYS_CARGO_MANIFEST_DIR" => nil, "RB_SYS_CARGO_PROFILE" => nil,
      "CARGO_TARGET_DIR" => nil,
      # Libraries from the registry (librdkafka: minutes) may be taken from the checkout's
      # build folder: same lock file, same compiler, or cargo would not take them. Our own
      # two crates may not; forget_own_crates sees to it. Cargo before 1.91 does not know
      # the variable and compiles everything.
      "CARGO_BUILD_BUILD_DIR" => File.expand_path("../target", __dir__)
    }
  end

  # Cargo would take the checkout's compiled crates for the gem's (it names them relative
  # to their workspace), and afterwards the gem's for the checkout's.
  forget_own_crates = lambda do
    sh "cargo", "clean", "--quiet", "--release", "--package", "karafka_rs", "--package", "karafka_rs_ext"
  end

  desc "Build the gem into pkg/"
  task :build do
    mkdir_p File.dirname(gem_file), verbose: false
    sh "gem", "build", "--silent", "--output", gem_file, "karafka_rs.gemspec"
  end

  desc "Compare the gem's file list with the tree, both ways"
  task files: :build do
    packed = Gem::Package.new(gem_file).contents
    missing = (belongs.call | %w[README.md CHANGELOG.md LICENSE Cargo.lock]) - packed
    foreign = packed - belongs.call
    abort "package:files: not in the gem but needed: #{missing.join(', ')}" if missing.any?
    abort "package:files: in the gem but not needed: #{foreign.join(', ')}" if foreign.any?
    puts "#{packed.size} files, #{File.size(gem_file) / 1024} KB"
  end

  desc "Install the built gem into the GEM_HOME that is named, which may be empty"
  task :install, [:home] => :build do |_, arguments|
    home = File.expand_path(arguments.fetch(:home))
    forget_own_crates.call
    begin
      sh clean_env.call(home), "gem", "install", "--local", "--no-document", gem_file, chdir: File.dirname(home),
                                                                                       verbose: false
    ensure
      forget_own_crates.call
    end
  end

  desc "Install the built gem into an empty GEM_HOME and run a small application with it"
  task smoke: :build do
    smoke = File.expand_path("../spec/package/smoke.rb", __dir__)
    Dir.mktmpdir("karafka_rs-package") do |folder|
      home = File.join(folder, "gems")
      Rake::Task["package:install"].invoke(home)
      sh clean_env.call(home), RbConfig.ruby, smoke, home, chdir: folder, verbose: false
    end
  end

  desc "All checks of the package"
  task check: %w[files smoke]
end
