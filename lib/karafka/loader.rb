# frozen_string_literal: true

# Owns the loading of an application that has no autoloader. Runs while the process boots.
module Karafka
  # @example
  #   Karafka::Loader.load(Karafka::App.root)
  module Loader
    # Loaded in this order.
    DIRECTORIES = %w[config/initializers lib app].freeze

    class << self
      # Requires the conventional directories of an application.
      # @param root [String, Pathname]
      # @return [void]
      def load(root)
        DIRECTORIES.each { |directory| load!(File.join(root.to_s, directory)) }
      end

      # Requires every Ruby file below a directory. A file that needs a constant of a later one is tried again.
      # @param directory [String, Pathname] need not exist
      # @return [void]
      # @raise [NameError] when a constant is in none of the files
      def load!(directory)
        files = Dir[File.join(File.expand_path(directory.to_s), "**", "*.rb")]
        files.sort_by! { |file| [file.count("/"), file] }
        until files.empty?
          failed, error = attempt(files)
          raise error if failed == files

          files = failed
        end
      end

      private

      def attempt(files)
        first = nil
        failed = files.select do |file|
          require file
          false
        rescue NameError => e
          # A call of a missing method is a bug, not a question of order.
          raise if e.is_a?(NoMethodError)

          first ||= e
        end
        [failed, first]
      end
    end
  end
end
