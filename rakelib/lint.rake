# frozen_string_literal: true

# RuboCop on everything written in Ruby. What it checks and why: .rubocop.yml.

desc "Run RuboCop"
task :lint do
  sh "rubocop"
end
