# frozen_string_literal: true

# Owns printing rows under each other.
module Karafka
  class Cli
    # @api private
    module Table
      # @param rows [Array<Array<#to_s>>] the heads first; all of the same size
      # @return [void]
      def self.print(rows)
        puts lines(rows)
      end

      # @return [Array<String>] what {print} prints
      def self.lines(rows)
        widths = rows.transpose.map { |column| column.map { |cell| cell.to_s.size }.max }
        rows.map { |row| row.zip(widths).map { |cell, width| cell.to_s.ljust(width) }.join("  ").rstrip }
      end
    end
  end
end
