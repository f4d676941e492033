# frozen_string_literal: true

# Owns loading the compiled core, which defines Karafka::Native. Must be loaded after errors.rb: the core looks the
# error classes up. Nothing else requires the shared library.
begin
  require "karafka_rs/karafka_rs_ext"
rescue LoadError => e
  raise LoadError, "the compiled part of karafka_rs cannot be loaded (#{e.message}); " \
                   "in a checkout run `rake compile`, otherwise install the gem again"
end
